import { received } from "../../emulation/copy.ts";
import { createObjectStorage, type Disk } from "../../emulation/object-storage.ts";
import type { CopyPolicy } from "../../src/objects/session/copies.ts";
import type { LoginProvider } from "../../src/objects/session/login-renewal.ts";
import type { OldSessions } from "../../src/objects/session/owed-end.ts";
import { SessionAuthority } from "../../src/objects/session/session-authority.ts";
import { type Outside, SessionRows, type SessionStorage } from "../../src/objects/session/session-rows.ts";
import type { SessionRecord } from "../../src/session/record.ts";
import type { Authority, Copies, Renewals, Unattended } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import type { Principals } from "../../src/store/principal-contracts.ts";

/** The default of a configuration. */
export const COPY_POLICY: CopyPolicy = { replicate: "travel", backup: "async", strictBackup: false };

/** The parts of authorities in memory. */
export interface AuthoritiesParts {
  readonly fallback?: Fallback | undefined;
  readonly replicas?: Copies | undefined;
  /** Default: absent, and no session is indexed. */
  readonly principals?: Pick<Principals, "confirm" | "forget"> | undefined;
  /** Default: absent, and an old session is ended by no alarm. */
  readonly oldSessions?: OldSessions | undefined;
  /** Default: absent, and no login is renewed. */
  readonly loginProvider?: LoginProvider | undefined;
  /** Default: {@link COPY_POLICY}. */
  readonly copies?: Partial<CopyPolicy>;
  /** Default: `Date`, which the tests set. */
  readonly clock?: () => number;
}

/** The code of the sessions' objects on storages in memory, as an edge reaches it. */
export interface Authorities extends Authority, Unattended, Renewals {
  /** The copies that objects write to other stores. Tests may change the policy, as a deploy does. */
  copies: CopyPolicy;
  /** The alarm that is set, in milliseconds since 1970, if one is. */
  alarm(id: string): number | undefined;
  /** Lets the alarm ring. */
  ring(id: string): Promise<void>;
  /** Replaces the object, as a deploy does. The storage refuses later writes of the old object. */
  replace(id: string): void;
  record(id: string): SessionRecord | undefined;
  outside(id: string): Outside;
  /** The keys in the storage. */
  keys(id: string): string[];
  /** The storage itself. */
  storage(id: string): SessionStorage;
  /** Resolves when all work that goes on after answers is done. */
  settled(): Promise<void>;
}

interface Life {
  readonly disk: Disk;
  alarm: number | undefined;
  authority: SessionAuthority | undefined;
  /** How often it has been replaced. */
  age: number;
}

export function createAuthorities(parts: AuthoritiesParts = {}): Authorities {
  const { fallback, replicas, principals, oldSessions, loginProvider, clock = () => Date.now() } = parts;
  const lives = new Map<string, Life>();
  let afterwards: Promise<unknown>[] = [];

  function lifeOf(id: string): Life {
    const known = lives.get(id);
    if (known) return known;
    const setAlarm = (at: number | undefined) => {
      life.alarm = at;
    };
    const life: Life = { disk: { rows: new Map(), setAlarm }, alarm: undefined, authority: undefined, age: 0 };
    lives.set(id, life);
    return life;
  }

  function storageOf(life: Life): SessionStorage {
    const { age } = life;
    return createObjectStorage(life.disk, () => {
      if (life.age !== age) throw new Error("the object was replaced");
    });
  }

  function authorityOf(id: string): SessionAuthority {
    const life = lifeOf(id);
    const keepAlive = (work: Promise<unknown>) => void afterwards.push(work.catch(() => {}));
    const stores = { fallback, replicas, principals, oldSessions, loginProvider };
    life.authority ??= new SessionAuthority({ storage: storageOf(life), clock, ...stores, keepAlive });
    return life.authority;
  }

  /** Makes a call, which crosses to the object as a copy. Its answer crosses to the edge as a copy. */
  async function call<T>(id: string, work: (authority: SessionAuthority) => T | Promise<T>) {
    try {
      return received(await work(authorityOf(id)));
    } catch (cause) {
      return { kind: "unavailable" as const, cause };
    }
  }

  const authorities: Authorities = {
    name: "object",
    copies: { ...COPY_POLICY, ...parts.copies },
    read: (ref) => call(ref.id, (own) => own.read(received({ ref, copies: authorities.copies }))),
    commit: (ref, change) => call(ref.id, (own) => own.commit(received({ ref, change, copies: authorities.copies }))),
    renew: (ref) => call(ref.id, (own) => own.renew(received({ ref, copies: authorities.copies }))),
    takeOver: (id) => call(id, (own) => own.takeOver({ id, copies: authorities.copies })),
    look: (id, { attributes = false } = {}) => call(id, (own) => own.look({ id, attributes })),
    end: (id) => call(id, (own) => own.end({ id })),
    alarm: (id) => lifeOf(id).alarm,
    async ring(id) {
      lifeOf(id).alarm = undefined;
      await authorityOf(id).alarm();
    },
    replace(id) {
      const life = lifeOf(id);
      life.age++;
      life.authority = undefined;
    },
    record: (id) => new SessionRows(storageOf(lifeOf(id))).load(),
    outside: (id) => new SessionRows(storageOf(lifeOf(id))).outside(),
    keys: (id) => [...lifeOf(id).disk.rows.keys()].sort(),
    storage: (id) => storageOf(lifeOf(id)),
    async settled() {
      while (afterwards.length > 0) {
        const work = afterwards;
        afterwards = [];
        await Promise.all(work);
      }
    },
  };
  return authorities;
}

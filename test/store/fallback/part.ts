import { beforeEach } from "vitest";
import type { Change } from "../../../src/session/change.ts";
import type { BackupLookup, Fallback } from "../../../src/store/fallback-contract.ts";
import { casesOf, type Gap } from "../../support/contract.ts";
import { newId, type Records, recordsAt } from "../redis/records.ts";

export interface FallbackUnderTest {
  /** One that holds nothing, and that nobody has used. */
  create(): Fallback | Promise<Fallback>;
  /** What time it is there, in milliseconds since 1970. */
  now(): number;
  /** Sets that. Without it, the cases that need it are to be declared as gaps. */
  setClock?(now: number): void;
  readonly gaps: readonly Gap[];
}

/** What the parts of the suite work with. */
export interface Part extends Records {
  it: ReturnType<typeof casesOf>;
  now(): number;
  setClock(now: number): void;
  /** New for each case. */
  readonly session: { fallback: Fallback; id: string };
  /** What the fallback knows of the session. */
  found(): Promise<Extract<BackupLookup, { kind: "found" }>>;
  /** Appends a change of the session that was sent just now, and tells what became of it. */
  append(asked?: Partial<Change>, generation?: number): Promise<string>;
}

/** To be called where the suite is described. */
export function partOf({ create, now, setClock, gaps }: FallbackUnderTest): Part {
  const records = recordsAt(now);
  const session = {} as Part["session"];
  beforeEach(async () => {
    session.fallback = await create();
    session.id = newId();
  });

  return {
    ...records,
    it: casesOf(gaps),
    now,
    setClock(time) {
      if (!setClock) throw new Error("a case that sets the clock must be declared as a gap");
      setClock(time);
    },
    session,
    async found() {
      const lookup = await session.fallback.read(session.id);
      if (lookup.kind !== "found") throw lookup.cause;
      return lookup;
    },
    async append(asked = {}, generation = 0) {
      return (await session.fallback.append(records.entryOf(session.id, asked, { generation }))).kind;
    },
  };
}

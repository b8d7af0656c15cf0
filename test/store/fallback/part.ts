import { beforeEach } from "vitest";
import type { Change } from "../../../src/session/change.ts";
import type { BackupLookup, Fallback } from "../../../src/store/fallback-contract.ts";
import { casesOf, type Gap } from "../../support/contract.ts";
import { newId, type Records, recordsAt } from "../redis/records.ts";

export interface FallbackUnderTest {
  /** A fallback that is empty and unused. */
  create(): Fallback | Promise<Fallback>;
  /** The time by the fallback's clock, in milliseconds since 1970. */
  now(): number;
  /** Sets that clock. Without this function, the cases that need it must be declared as gaps. */
  setClock?(now: number): void;
  readonly gaps: readonly Gap[];
}

/** The tools of the parts of the suite. */
export interface Part extends Records {
  it: ReturnType<typeof casesOf>;
  now(): number;
  setClock(now: number): void;
  /** New for each case. */
  readonly session: { fallback: Fallback; id: string };
  /** The backup and the journal that the fallback holds for the session. */
  found(): Promise<Extract<BackupLookup, { kind: "found" }>>;
  /** Appends a change of the session that was sent just now, and returns the answer of the journal. */
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

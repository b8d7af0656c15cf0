/** @needs redis-server */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { JournalEntry } from "../../../src/session/journal.ts";
import type { BackupRecord, Fallback } from "../../../src/store/fallback-contract.ts";
import { createRedisFallback } from "../../../src/store/redis/fallback.ts";
import { createSeal } from "../../../src/store/seal.ts";
import { entryOf, idsOf, newId, recordOf, STORE_RING } from "../../store/redis/records.ts";
import { startRedis } from "../local-redis/rest.ts";

let redis: LocalRedis;
let fallback: Fallback;

beforeAll(async () => {
  redis = await startRedis();
  fallback = createRedisFallback({
    url: redis.url,
    token: redis.token,
    seal: createSeal(STORE_RING),
    deadlineMs: 20_000,
  });
});
afterAll(() => redis.stop());

/**
 * The events of a run. The authority's writes to Redis wait until they are delivered: at any time, in any order, or
 * never. `n` picks the change to append, from so few that some are repeated, or the write to deliver.
 */
interface Step {
  readonly do:
    | "append"
    | "append-late"
    | "append-end"
    | "commit"
    | "touch"
    | "end"
    | "look"
    | "take-over"
    | "deliver"
    | "lose";
  readonly n: number;
}

const oneOf = (...all: Step["do"][]) => fc.record<Step>({ do: fc.constantFrom(...all), n: fc.nat(9) });

const step = fc.oneof(
  { weight: 12, arbitrary: oneOf("append", "append", "append", "append-late") },
  { weight: 8, arbitrary: oneOf("commit", "touch") },
  { weight: 10, arbitrary: oneOf("look", "take-over") },
  { weight: 12, arbitrary: oneOf("deliver", "deliver", "lose") },
  { weight: 1, arbitrary: oneOf("end", "append-end") },
);

/** The expected contents of Redis. */
interface Model {
  backup: BackupRecord | undefined;
  journal: JournalEntry[];
}

interface Write {
  readonly taken: readonly string[];
  readonly record: BackupRecord;
}

/** An authority, and edges that cannot reach it, with one session. */
class World {
  readonly id = newId();
  readonly model: Model = { backup: undefined, journal: [] };
  /** Ids of the changes that the journal has acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Ids of the changes that the authority has applied. An id is listed once for each time. */
  readonly applied: string[] = [];
  readonly #entries = Array.from({ length: 10 }, () => entryOf(this.id, { expiresAt: Date.now() + 60_000 }));
  #record = recordOf(this.id, { touchedAt: 0 });
  #seen: readonly JournalEntry[] = [];
  #waiting: Write[] = [];

  async run({ do: what, n }: Step): Promise<void> {
    switch (what) {
      case "append":
        return this.#append(this.#entries[n] as JournalEntry);
      case "append-late": {
        const { ref, change } = this.#entries[n] as JournalEntry;
        return this.#append({ ref, change: { ...change, expiresAt: 1 } });
      }
      case "append-end":
        return this.#append(entryOf(this.id, { end: true, expiresAt: Date.now() + 60_000 }));
      case "commit":
        return this.#save({ version: this.#record.version + 1 });
      case "touch":
        return this.#save({ touchedAt: this.#record.touchedAt + 1_000 });
      case "end":
        return this.#end();
      case "look":
        this.#seen = await this.check();
        return;
      case "take-over":
        return this.#takeOver();
      case "deliver":
        return this.#deliver(n);
      case "lose":
        this.#waiting.splice(n, 1);
    }
  }

  /** The outage is over: everything arrives, and the authority looks once more. */
  async settle(): Promise<void> {
    while (this.#waiting.length > 0) await this.#deliver(0);
    this.#seen = await this.check();
    this.#takeOver();
    await this.#deliver(this.#waiting.length - 1);
  }

  /** Checks that Redis holds the same as the model, and that an edge would show every acknowledged change. */
  async check(): Promise<readonly JournalEntry[]> {
    const { backup, journal } = this.model;
    const lookup = await fallback.read(this.id);
    expect(lookup).toEqual({ kind: "found", ...(backup ? { record: backup } : {}), entries: journal });
    const shown = new Set([...(backup?.recentChanges ?? []).map(({ id }) => id), ...idsOf(journal)]);
    if (!backup?.ended) expect([...this.acknowledged].filter((id) => !shown.has(id))).toEqual([]);
    return [...journal];
  }

  get hasEnded(): boolean {
    return this.#record.ended !== undefined;
  }

  async #append(entry: JournalEntry): Promise<void> {
    const { backup, journal } = this.model;
    const isRepeat = idsOf(journal).includes(entry.change.id);
    const hasEnded = backup?.ended !== undefined || journal.some(({ change }) => change.end);
    const isExpired = entry.change.expiresAt < Date.now();
    const expected = isRepeat ? "appended" : hasEnded ? "ended" : isExpired ? "expired" : "appended";
    expect(await fallback.append(entry)).toEqual({ kind: expected });
    if (expected !== "appended") return;
    this.acknowledged.add(entry.change.id);
    if (!isRepeat) journal.push(entry);
  }

  /** Changes the record and has it written, unless the session has ended. */
  #save(given: Partial<BackupRecord>, taken: readonly string[] = []): void {
    const recentChanges = this.applied.map((id) => ({ id, expiresAt: 0, generation: 0 }));
    if (!this.hasEnded) this.#record = { ...this.#record, ...given, recentChanges };
    this.#waiting.push({ taken, record: this.#record });
  }

  #end(): void {
    this.#save({ version: this.#record.version + 1, ended: { at: 0, reason: "ended" } });
  }

  #takeOver(): void {
    const taken = idsOf(this.#seen);
    const isNews = ({ change }: JournalEntry) => !this.applied.includes(change.id);
    for (const entry of this.#seen.filter(isNews)) {
      if (this.hasEnded) break;
      this.applied.push(entry.change.id);
      if (entry.change.end) this.#end();
    }
    this.#save({ version: this.#record.version + 1 }, taken);
    this.#seen = [];
  }

  async #deliver(which: number): Promise<void> {
    const [write] = this.#waiting.splice(which, 1);
    if (!write) return;
    const { taken, record } = write;
    const { backup } = this.model;
    const isOlder =
      backup !== undefined &&
      (backup.version > record.version || (backup.version === record.version && backup.touchedAt > record.touchedAt));
    const expected = backup?.ended ? "ended" : isOlder ? "older" : "kept";
    if (expected === "kept") this.model.backup = record;
    this.model.journal = this.model.journal.filter(({ change }) => !taken.includes(change.id));
    const kept = taken.length > 0 ? fallback.takeOver(this.id, taken, record) : fallback.keep(record);
    expect(await kept).toEqual({ kind: expected, journalLength: this.model.journal.length });
  }
}

describe("under any interleaving of appends, backups and take-overs", () => {
  it("no acknowledged change is lost, no change is applied twice, and no tombstone is replaced", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        const world = new World();
        for (const one of steps) {
          await world.run(one);
          await world.check();
        }
        await world.settle();
        expect(world.model.journal).toEqual([]);
        expect(new Set(world.applied).size).toBe(world.applied.length);
        expect(world.model.backup?.ended !== undefined).toBe(world.hasEnded);
        if (!world.hasEnded) expect(new Set(world.applied)).toEqual(world.acknowledged);
      }),
      { numRuns: 150 },
    );
  });
});

describe("appends while take-overs are under way", () => {
  it("are all taken over, each once", async () => {
    const id = newId();
    const entries = Array.from({ length: 120 }, () => entryOf(id, { expiresAt: Date.now() + 60_000 }));
    const applied: string[] = [];
    let appending = true;
    const takeOvers = async () => {
      for (let version = 1; ; version++) {
        const isLast = !appending;
        const lookup = await fallback.read(id);
        if (lookup.kind !== "found") throw lookup.cause;
        const taken = idsOf(lookup.entries);
        applied.push(...taken);
        expect(await fallback.takeOver(id, taken, recordOf(id, { version }))).toMatchObject({ kind: "kept" });
        if (isLast) return version;
      }
    };
    const appends = async () => {
      const edges = Array.from({ length: 6 }, (_, edge) => entries.filter((_, i) => i % 6 === edge));
      await Promise.all(
        edges.map(async (own) => {
          for (const entry of own) expect(await fallback.append(entry)).toEqual({ kind: "appended" });
        }),
      );
      appending = false;
    };
    const [rounds] = await Promise.all([takeOvers(), appends()]);
    expect(rounds).toBeGreaterThan(3);
    expect(applied.toSorted()).toEqual(idsOf(entries).toSorted());
    expect(await fallback.read(id)).toMatchObject({ entries: [] });
  });
});

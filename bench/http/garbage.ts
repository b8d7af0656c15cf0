import { pathOf } from "../../test/support/node/packages.ts";
import { type ContestantName, FIELD, start } from "../instructions/contestants.ts";
import { table } from "../table.ts";
import type { Order, Seen } from "./load.ts";
import { messageOf } from "./script.ts";
import { inSurroundings } from "./surroundings.ts";

/** The measurements of `npm run bench -- garbage`. */
export interface GarbageResults {
  readonly garbage: Readonly<Partial<Record<ContestantName, Garbage>>>;
}

/** What V8 has collected of JavaScript's heap, in bytes for each request. */
export interface Garbage {
  /** By scavenges, which collect what is garbage soon after it was made: nearly all that a request leaves behind. */
  readonly young: number;
  /** By full collections: what has outlived two scavenges, such as compiled code and remembered sessions. */
  readonly old: number;
  /** How many scavenges there were. */
  readonly scavenges: number;
}

const MEASURED = ["passThrough", "rules", "cleanRead", "anonymous", "strictRead"] as const;

/** V8 has compiled nearly all that it will compile then. What it compiles is garbage later. */
const WARM = 8_000;
/** A scavenge comes after 1,000 to 10,000 requests. */
const COUNTED = 40_000;

/** `[1:0x2a]  99 ms: Scavenge 12.3 (16.0) -> 8.1 (16.0) MB, …`: the heap before and after, and in brackets what V8 holds for it. */
const COLLECTION = /\bms: (\S+) [^>]*?(\d+\.\d+) \(\d+\.\d+\) -> (\d+\.\d+) \(/;

/** A collection that V8 tells of. */
export interface Collection {
  readonly isScavenge: boolean;
  readonly freedBytes: number;
}

/** Why no garbage can be measured on this machine; undefined: it can. */
export function missingStdbuf(): string | undefined {
  const isMissing = pathOf("stdbuf") === undefined;
  return isMissing ? "stdbuf is not on the PATH: it is one of the GNU coreutils" : undefined;
}

/** The collection that a line of V8's `--trace-gc` tells of; `undefined`: it tells of none. */
export function collectionIn(line: string): Collection | undefined {
  const [, kind, before, after] = COLLECTION.exec(line) ?? [];
  if (before === undefined) return undefined;
  return {
    isScavenge: kind === "Scavenge",
    freedBytes: Math.round((Number(before) - Number(after)) * 2 ** 20),
  };
}

/** Sends each contestant requests at full load, and adds up what V8 says that it has collected. */
export function measureGarbage(say: (line: string) => void): Promise<GarbageResults> {
  return inSurroundings(say, async (around, load) => {
    const garbage: Partial<Record<ContestantName, Garbage>> = {};
    for (const name of MEASURED) {
      say(`garbage: ${FIELD[name]}`);
      // Without `stdbuf` the lines would lie in a buffer of the process.
      const { worker, requests } = await start(name, around, { v8Flags: ["--trace-gc"], under: ["stdbuf", "-oL"] });
      const { port, pid, logged } = worker;
      const isSettled = name !== "anonymous";
      const send = async (count: number) => {
        const order: Order = { port, pid, requests, isSettled, connections: 16, warmMs: 0, measureMs: 0, count };
        load.send(order);
        return messageOf<Seen>(load);
      };
      try {
        await send(WARM);
        const known = logged.length;
        const { answered, failed } = await send(COUNTED);
        if (failed > 0) throw new Error(`${FIELD[name]}: ${failed} requests failed`);
        garbage[name] = garbageOf(logged.slice(known), answered);
      } finally {
        await worker.stop();
      }
    }
    return { garbage };
  });
}

/** The garbage of each of so many requests, as V8 told of it meanwhile. */
export function garbageOf(lines: readonly string[], requests: number): Garbage {
  const collections = lines.flatMap((line) => collectionIn(line) ?? []);
  const freedBy = (isScavenge: boolean) =>
    collections.reduce((sum, each) => sum + (each.isScavenge === isScavenge ? each.freedBytes : 0), 0);
  const scavenges = collections.filter(({ isScavenge }) => isScavenge).length;
  return { young: freedBy(true) / requests, old: freedBy(false) / requests, scavenges };
}

/** The results as Markdown. */
export function garbageTable({ garbage }: GarbageResults): string {
  const rows = Object.entries(garbage).map(([name, { young, old, scavenges }]) => [
    FIELD[name as ContestantName],
    (young / 1024).toFixed(1),
    String(scavenges),
    (old / 1024).toFixed(1),
  ]);
  return table(["KiB of each request", "freed by scavenges", "scavenges", "freed by full collections"], rows);
}

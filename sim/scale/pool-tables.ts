import { table } from "../../bench/table.ts";
import { percent, short, whole } from "./numbers.ts";
import { PHASES } from "./pool-at-work.ts";
import type { Results } from "./results.ts";

/** Calls of the object of a pool. */
export function poolTable({ poolsAtWork }: Results): string {
  const names = { deploy: "deploy", "next asking": "the two minutes after", later: "later", drain: "a drain begins" };
  const rows = poolsAtWork.flatMap((pool) =>
    PHASES.map((phase) => {
      const { mean, p99, max } = pool.calls[phase];
      const isolates = pool.locations * pool.isolatesPerLocation;
      return [
        whole(isolates),
        short(pool.requestsPerIsolate),
        names[phase],
        short(mean),
        whole(p99),
        whole(max),
        short(pool.kvReads.mean),
      ];
    }),
  );
  return table(
    [
      "isolates",
      "requests/s of each",
      "while",
      "calls of the pool's object/s, mean",
      "p99",
      "most in one second",
      "KV reads of its key/s",
    ],
    rows,
  );
}

/** How soon all isolates know of an ejection. */
export function fanoutTable({ poolsAtWork }: Results): string {
  const at = [1, 3, 6, 9, 12, 14];
  const rows = poolsAtWork.map(
    ({ locations, isolatesPerLocation, requestsPerIsolate, known, unknowing, lateForDrain }) => [
      whole(locations * isolatesPerLocation),
      short(requestsPerIsolate),
      short(known.p50),
      short(known.p99),
      short(known.max),
      ...at.map((step) => percent(unknowing[step - 1] ?? 0)),
      String(lateForDrain),
    ],
  );
  const steps = at.map((step) => `${step * 10} s`);
  return table(
    ["isolates", "requests/s of each", "s until a request knows, p50", "p99", "max", ...steps, "late for the drain"],
    rows,
  );
}

/** Writes of the keys that pools are published under. */
export function keysTable({ keyWrites }: Results): string {
  const rows = keyWrites.map(({ key, about, asked, writes, mostInOneSecond, leastGapSeconds }) => [
    `\`${key}\``,
    about,
    whole(asked),
    whole(writes),
    String(mostInOneSecond),
    short(leastGapSeconds),
  ]);
  return table(["key", "while", "changes in 5 min", "writes", "most in one second", "least time between two, s"], rows);
}

/** Pools of many origins. */
export function originsTable({ origins }: Results): string {
  const rows = origins.map((it) => [
    whole(it.origins),
    it.pickUs.toFixed(1),
    whole(it.configBytes),
    whole(it.planBytes),
    it.askMs.toFixed(2),
    whole(it.stateBytes),
    whole(it.rowBytes),
    short(it.roundSeconds),
    short(it.deadRoundSeconds),
    it.pinCollision.toExponential(0),
  ]);
  return table(
    [
      "origins",
      "pick, µs",
      "configuration, bytes",
      "plan in an asking",
      "CPU of an asking, ms",
      "state in KV",
      "largest row",
      "probe round, s",
      "if none answers",
      "two with one pin",
    ],
    rows,
  );
}

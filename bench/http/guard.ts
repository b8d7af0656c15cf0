import type { Throughput } from "./http.ts";

/** Whether a run shows that requests have become dearer. */
export interface Verdict {
  readonly kind: "fine" | "worse" | "too-noisy";
  readonly text: string;
}

/** CPU over that of a Worker that does what the rules ask: about 1.3 times what was measured when this was written. */
const MOST = { cleanRead: 1.8, anonymous: 1.9 } as const;
/**
 * The noise of this Worker's own CPU per request: upper quartile over lower. Above this limit the machine has other
 * work, and ratios say nothing.
 */
const MOST_NOISE = 1.4;

/** Judges the CPU of a run, if the run can be judged. */
export function judge(throughput: Readonly<Record<string, Pick<Throughput, "cpuMicroseconds">>>): Verdict {
  const own = throughput.rules?.cpuMicroseconds;
  if (!own || !(own.upperQuartile / own.lowerQuartile <= MOST_NOISE)) {
    return { kind: "too-noisy", text: "bench: this machine has too much other work for a verdict" };
  }
  const measured = Object.entries(MOST).map(([name, most]) => {
    const ratio = (throughput[name]?.cpuMicroseconds.median ?? Number.NaN) / own.median;
    return {
      isWorse: !(ratio <= most),
      text: `${name}: ${ratio.toFixed(2)} times the CPU of a Worker that does what the rules ask, at most ${most}`,
    };
  });
  const kind = measured.some(({ isWorse }) => isWorse) ? "worse" : "fine";
  return { kind, text: measured.map(({ text }) => `bench: ${text}`).join("\n") };
}

import type { Throughput } from "./http.ts";

/** Whether a run shows that requests have become dearer. */
export interface Verdict {
  readonly kind: "fine" | "worse" | "too-noisy";
  readonly text: string;
}

/** CPU over that of the bare pass-through: about 1.3 times what was measured when this was written. */
const MOST = { cleanRead: 2.5, anonymous: 2.7 } as const;
/** Of the pass-through's own CPU per request, most over least: above it the machine has other work, and ratios say nothing. */
const MOST_NOISE = 1.6;

/** Judges the CPU ratios of a run, if it is one that can be judged. */
export function judge(throughput: Readonly<Record<string, Pick<Throughput, "cpuMicroseconds" | "cpuRatio">>>): Verdict {
  const own = throughput.passThrough?.cpuMicroseconds;
  if (!own || !(own.max / own.min <= MOST_NOISE)) {
    return { kind: "too-noisy", text: "bench: this machine has too much other work for a verdict" };
  }
  const measured = Object.entries(MOST).map(([name, most]) => {
    const ratio = throughput[name]?.cpuRatio.median ?? Number.NaN;
    return {
      isWorse: !(ratio <= most),
      text: `${name}: ${ratio.toFixed(2)} times the CPU of a pass-through, at most ${most}`,
    };
  });
  const kind = measured.some(({ isWorse }) => isWorse) ? "worse" : "fine";
  return { kind, text: measured.map(({ text }) => `bench: ${text}`).join("\n") };
}

import { it } from "vitest";

/** Cases of a contract's suite that an implementation does not hold. */
export interface Gap {
  readonly reason: string;
  readonly cases: readonly string[];
}

/**
 * `it` for the suite of a contract. Cases that an implementation declares as gaps are shown as skipped, with the reason.
 */
export function casesOf(gaps: readonly Gap[]): (name: string, test: () => Promise<void>) => void {
  return (name, test) => {
    const gap = gaps.find(({ cases }) => cases.includes(name));
    if (gap) it.skip(`${name} (${gap.reason})`, test);
    else it(name, test);
  };
}

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of values, of which there is at least one. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  return { median: quantile(sorted, 0.5), min: sorted[0] as number, max: sorted.at(-1) as number };
}

/** The value below which a share of the sorted values lies; between two, the mean weighted by nearness. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] as number;
  const above = sorted[Math.ceil(at)] as number;
  return below + (above - below) * (at - Math.floor(at));
}

/** Median and, in brackets, the least and the most of all rounds. */
export function range({ median, min, max }: Spread, digits: number): string {
  const [middle, least, most] = [median, min, max].map((value) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  return `${middle} (${least} to ${most})`;
}

/** A number of things. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** A number of which two digits matter. */
export function short(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? whole(value) : String(Number(value.toPrecision(2)));
}

/** A share, in as few digits as tell it. */
export function percent(share: number): string {
  if (share === 0) return "0 %";
  return `${Number((share * 100).toPrecision(share < 0.1 ? 1 : 2))} %`;
}

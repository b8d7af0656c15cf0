const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A time of day in UTC, with the date unless it is the day of `now`: `03:12:04`, `2026-11-27 08:14:00`. */
export function timeOf(at: number, now: number): string {
  const text = new Date(at).toISOString();
  const isToday = text.slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  return isToday ? text.slice(11, 19) : `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** A duration in its two largest units at most: `41 s`, `2 min 30 s`, `23 h`. */
export function spanOf(ms: number): string {
  const units = [
    [DAY_MS, "d"],
    [HOUR_MS, "h"],
    [MINUTE_MS, "min"],
    [SECOND_MS, "s"],
  ] as const;
  let rest = Math.max(0, Math.round(ms / SECOND_MS) * SECOND_MS);
  const parts: string[] = [];
  for (const [unit, name] of units) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${name}`);
    else if (parts.length > 0) break;
  }
  return parts.join(" ") || "0 s";
}

/** A number with separators; below 10 in two digits, so that a small rate is not shown as 0. */
export function countOf(value: number): string {
  return value.toLocaleString("en", value < 10 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 });
}

/** A share of 1, in percent. */
export function percentOf(share: number): string {
  const percent = share * 100;
  return `${percent.toLocaleString("en", { maximumFractionDigits: percent > 0 && percent < 10 ? 1 : 0 })} %`;
}

/** A noun in the number that a count needs. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countOf(count)} ${count === 1 ? one : many}`;
}

/** Locations with the isolates in each: `FRA 4, AMS 3`. */
export function placesOf(colos: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(colos).toSorted(([, one], [, other]) => other - one);
  return sorted.map(([colo, count]) => `${colo || "no location"} ${count}`).join(", ");
}

import { html, raw } from "hono/html";
import type { Html } from "./layout.ts";
import { countOf } from "./words.ts";

/** A line of a plot: a value per minute. `undefined`: it is not known, and the line has a gap. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  /** Whether the line shows something bad. It is dashed and red. */
  readonly bad?: boolean;
}

/** A picture, and its axes. */
export interface Plot {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** When the last minute ended, in milliseconds since 1970. */
  readonly now: number;
  /** The upper end of the axis of values. Default: the largest value. Plots with the same end can be compared. */
  readonly most?: number;
}

const [WIDTH, HEIGHT] = [600, 80];
const MINUTE_MS = 60_000;

/** The largest value of some lines; 0: they have none. */
export function mostIn(lines: readonly Pick<Line, "values">[]): number {
  return Math.max(0, ...lines.flatMap(({ values }) => values.filter((value) => value !== undefined)));
}

/** A plot of the last minutes, with an axis of values and an axis of time in UTC. The text says the same without the picture. */
export function plot({ title, unit, lines, now, most = mostIn(lines) }: Plot): Html {
  const minutes = lines[0]?.values.length ?? 0;
  const ticks = [minutes, (minutes * 2) / 3, minutes / 3, 0].map((ago) =>
    new Date(now - ago * MINUTE_MS).toISOString().slice(11, 16),
  );
  const said = lines.map(({ name, values }) => {
    const last = values.at(-1);
    return `${name}: now ${last === undefined ? "not known" : countOf(last)}, at most ${countOf(mostIn([{ values }]))}`;
  });
  const paths = lines.map(({ values, bad }) =>
    raw(`<path class="${bad ? "bad" : "line"}" d="${pathOf(values, most)}"/>`),
  );
  return html`<figure>
    <figcaption>${title} <small>${unit}</small></figcaption>
    <div class="plot"><p class="axis values" aria-hidden="true"><span>${countOf(most)}</span><span>0</span></p>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}, ${unit}, the last hour. ${said.join(". ")}">${paths}</svg>
    <p class="axis" aria-hidden="true">${ticks.map((tick) => html`<span>${tick}</span>`)}</p></div>
    <p class="muted">${said.join(" · ")}</p>
  </figure>`;
}

/** The line through the known values. Its pieces begin with `M`; a piece of one minute is drawn as a dot by its round end. */
function pathOf(values: readonly (number | undefined)[], most: number): string {
  let path = "";
  values.forEach((value, nth) => {
    if (value === undefined) return;
    const x = (WIDTH * nth) / Math.max(1, values.length - 1);
    const point = `${x.toFixed(1)} ${(HEIGHT - (most === 0 ? 0 : (HEIGHT * value) / most)).toFixed(1)}`;
    path += values[nth - 1] === undefined ? `M${point}L${point}` : `L${point}`;
  });
  return path;
}

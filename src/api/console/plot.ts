import { html, raw } from "hono/html";
import type { Html } from "./layout.ts";
import { countOf } from "./words.ts";

/** A line of a plot: a value per minute. */
export interface Line {
  readonly name: string;
  readonly values: readonly number[];
  /** Whether the line shows something bad. It is dashed and red. */
  readonly bad?: boolean;
}

const [WIDTH, HEIGHT] = [600, 80];
const MINUTE_MS = 60_000;

/** A plot of the last hour with an axis of time in UTC, and the largest value. The text says the same without the picture. */
export function plot(title: string, unit: string, lines: readonly Line[], now: number): Html {
  const most = Math.max(0, ...lines.flatMap(({ values }) => values));
  const minutes = lines[0]?.values.length ?? 0;
  const ticks = [minutes, (minutes * 2) / 3, minutes / 3, 0].map((ago) => {
    const text = new Date(now - ago * MINUTE_MS).toISOString().slice(11, 16);
    return { text, x: WIDTH * (1 - ago / minutes) };
  });
  const said = lines.map(
    ({ name, values }) => `${name}: now ${countOf(values.at(-1) ?? 0)}, at most ${countOf(Math.max(...values))}`,
  );
  const paths = lines.map(({ values, bad }) => {
    const points = values.map((value, nth) => {
      const x = (WIDTH * nth) / Math.max(1, values.length - 1);
      return `${x.toFixed(1)} ${(HEIGHT - (most === 0 ? 0 : (HEIGHT * value) / most)).toFixed(1)}`;
    });
    return raw(`<path class="${bad ? "bad" : "line"}" d="M${points.join("L")}"/>`);
  });
  return html`<figure>
    <figcaption>${title} <small>at most ${countOf(most)} ${unit}</small></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}, the last hour. ${said.join(". ")}">${paths}</svg>
    <p class="axis" aria-hidden="true">${ticks.map(({ text }) => html`<span>${text}</span>`)}</p>
    <p class="muted">${said.join(" · ")}</p>
  </figure>`;
}

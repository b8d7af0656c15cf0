/** A line of a plot: a value for each place on the x axis. */
export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Plot {
  readonly title: string;
  /** `ratio`: the y axis is logarithmic and begins at 1, the ideal; `share`: it goes from 0, the ideal, to 100 %. */
  readonly scale: "ratio" | "share";
  readonly xTitle: string;
  readonly xLabels: readonly string[];
  readonly yTitle: string;
  readonly series: readonly Series[];
}

const SIZE = { width: 720, height: 400 };
const FRAME = { left: 70, right: 190, top: 50, bottom: 55 };
const TICKS = {
  ratio: [1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 30, 100, 300, 1_000],
  share: [0, 0.25, 0.5, 0.75, 1],
};
const COLORS = ["#0b6e4f", "#c8553d", "#3d5a98", "#8d6a9f"];

/** A plot as SVG. */
export function plotSvg({ title, scale, xTitle, xLabels, yTitle, series }: Plot): string {
  const most = Math.max(2, ...series.flatMap(({ values }) => values));
  const decades = Math.log10(most);
  const height = (value: number) => (scale === "share" ? value : Math.log10(Math.max(1, value)) / decades);
  const x = (at: number) => FRAME.left + ((at + 0.5) * (SIZE.width - FRAME.left - FRAME.right)) / xLabels.length;
  const bottom = SIZE.height - FRAME.bottom;
  const y = (value: number) => bottom - height(value) * (bottom - FRAME.top);
  const right = SIZE.width - FRAME.right;
  const ticks = TICKS[scale].filter((tick) => scale === "share" || tick <= most * 1.0001);
  const shown = ticks.filter((tick, i) => i === 0 || ticks.slice(0, i).every((other) => y(other) - y(tick) >= 16));
  const text = (at: [number, number], content: string, more = "") =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" ${more}>${content}</text>`;
  const labelsAt = spread(series.map(({ values }) => y(values.at(-1) as number)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="13" fill="#222">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
${text([FRAME.left, 26], title, 'font-size="16" font-weight="600"')}
${shown.map((tick) => `<path d="M${FRAME.left} ${y(tick).toFixed(1)}H${right}" stroke="#ddd"/>${text([FRAME.left - 8, y(tick) + 4], String(scale === "share" ? tick * 100 : tick), 'text-anchor="end"')}`).join("\n")}
${xLabels.map((label, i) => text([x(i), bottom + 20], label, 'text-anchor="middle"')).join("\n")}
${text([(FRAME.left + right) / 2, SIZE.height - 14], xTitle, 'text-anchor="middle"')}
${text([16, (FRAME.top + bottom) / 2], yTitle, `text-anchor="middle" transform="rotate(-90 16 ${(FRAME.top + bottom) / 2})"`)}
${series
  .map(({ name, values }, i) => {
    const points = values.map((value, at) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    const color = COLORS[i % COLORS.length];
    const dots = points
      .map((point) => `<circle cx="${point.split(" ")[0]}" cy="${point.split(" ")[1]}" r="3.5"/>`)
      .join("");
    return `<g fill="${color}"><path d="M${points.join("L")}" fill="none" stroke="${color}" stroke-width="2"/>${dots}${text([x(values.length - 1) + 12, (labelsAt[i] as number) + 4], name)}</g>`;
  })
  .join("\n")}
</svg>
`;
}

/** Moves labels up that would lie over others: below the lowest is the axis. */
function spread(places: readonly number[]): number[] {
  const order = places.map((place, index) => ({ place, index })).sort((one, other) => other.place - one.place);
  let last = Infinity;
  const moved = [...places];
  for (const { place, index } of order) {
    last = Math.min(place, last - 16);
    moved[index] = last;
  }
  return moved;
}

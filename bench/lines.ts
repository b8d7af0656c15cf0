/** A panel of a plot, with a line for each of several things. */
export interface Panel {
  readonly title: string;
  readonly axis: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number; readonly y: number }[];
  }[];
}

const PANEL = { width: 340, height: 260, left: 46, right: 14, top: 34, bottom: 46 };
const MOST_COLUMNS = 3;
const COLORS = ["#4a7fb5", "#d08b3a", "#8a9a5b"];

/** A plot as SVG: the panels side by side, all axes linear and from zero. */
export function linesPlot(title: string, panels: readonly Panel[]): string {
  const columns = Math.min(MOST_COLUMNS, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const drawn = panels.map((panel, place) => {
    const [x, y] = [(place % columns) * PANEL.width, Math.floor(place / columns) * PANEL.height];
    return `<g transform="translate(${x} ${y + 30})">\n${drawPanel(panel)}\n</g>`;
  });
  const [width, height] = [columns * PANEL.width, rows * PANEL.height + 30];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${width / 2}" y="20" text-anchor="middle" font-size="13" font-weight="bold">${title}</text>
${drawn.join("\n")}
</svg>
`;
}

function drawPanel({ title, axis, lines }: Panel): string {
  const points = lines.flatMap((line) => line.points);
  const widest = Math.max(...points.map(({ x }) => x));
  const highest = Math.max(...points.map(({ y }) => y));
  const { width, height, left, right, top, bottom } = PANEL;
  const across = (x: number) => left + (x / widest) * (width - left - right);
  // A line never touches the names above it.
  const up = (y: number) => height - bottom - (y / highest / 1.3) * (height - top - bottom);
  const at = (point: { x: number; y: number }) => [across(point.x), up(point.y)].map((place) => place.toFixed(1));
  const drawn = lines.map(({ name, points }, place) => {
    const color = COLORS[place % COLORS.length];
    const dots = points.map((point) => {
      const [x, y] = at(point);
      return `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`;
    });
    const line = points.map((point) => at(point).join(",")).join(" ");
    const label = `<text x="${left + 6}" y="${top + 4 + place * 13}" fill="${color}">${name}</text>`;
    return `<polyline points="${line}" fill="none" stroke="${color}" stroke-width="2"/>\n${dots.join("\n")}\n${label}`;
  });
  return `<text x="${left}" y="20" font-size="12" font-weight="bold">${title}</text>
<path d="M${left} ${top}V${height - bottom}H${width - right}" fill="none" stroke="#444"/>
<text x="${left - 6}" y="${up(0)}" text-anchor="end">0</text>
<text x="${left - 6}" y="${(up(highest) + 4).toFixed(1)}" text-anchor="end">${highest.toLocaleString("en", { maximumFractionDigits: 1 })}</text>
<text x="${left}" y="${height - bottom + 15}">0</text>
<text x="${width - right}" y="${height - bottom + 15}" text-anchor="end">${widest.toLocaleString("en", { maximumFractionDigits: 1 })}</text>
<text x="${(left + width - right) / 2}" y="${height - bottom + 32}" text-anchor="middle">${axis}</text>
${drawn.join("\n")}`;
}

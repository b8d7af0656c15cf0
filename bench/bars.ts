import type { Spread } from "./http/statistics.ts";

const ROW = 26;
const LABELS = 470;
const WIDTH = 900;
const NUMBERS = 70;

/** A plot as SVG: a bar for each median, and across its end a line from the least to the most. */
export function bars(title: string, rows: readonly (Spread & { readonly label: string })[], digits: number): string {
  const most = Math.max(...rows.map(({ median }) => median)) * 1.25;
  const x = (value: number) => LABELS + (Math.min(value, most) / most) * (WIDTH - LABELS - NUMBERS);
  const drawn = rows.map(({ label, median, min, max }, index) => {
    const y = 40 + index * ROW;
    return `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${label}</text>
<rect x="${LABELS}" y="${y}" width="${(x(median) - LABELS).toFixed(1)}" height="18" fill="#4a7fb5"/>
<line x1="${x(min).toFixed(1)}" x2="${x(max).toFixed(1)}" y1="${y + 9}" y2="${y + 9}" stroke="#d08b3a" stroke-width="2"/>
<text x="${WIDTH - NUMBERS + 8}" y="${y + 14}">${median.toFixed(digits)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${50 + rows.length * ROW}" font-family="sans-serif" font-size="13">
<title>${title}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LABELS}" y="24" font-weight="bold">${title}: median, least and most</text>
${drawn.join("\n")}
</svg>
`;
}

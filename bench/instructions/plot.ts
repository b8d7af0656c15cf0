import type { Instructions } from "./categories.ts";
import { type ContestantName, FIELD } from "./contestants.ts";
import type { InstructionsResults } from "./instructions.ts";

const ROW = 26;
const LABELS = 470;
const WIDTH = 900;
const NUMBERS = 60;
const KINDS: readonly { readonly kind: keyof Instructions; readonly name: string; readonly color: string }[] = [
  { kind: "core", name: "core", color: "#4a7fb5" },
  { kind: "malloc", name: "malloc", color: "#d08b3a" },
  { kind: "garbageCollection", name: "garbage collection", color: "#8a9a5b" },
  { kind: "compilation", name: "compilation", color: "#9b6a9b" },
];

/** A plot as SVG: the instructions of a request for each contestant, in thousands; the number is that of core. */
export function instructionsPlot({ costs }: InstructionsResults): string {
  const rows = Object.entries(costs);
  const most = Math.max(...rows.map(([, cost]) => KINDS.reduce((sum, { kind }) => sum + cost[kind], 0)));
  const scale = (WIDTH - LABELS - NUMBERS) / most;
  const drawn = rows.map(([name, cost], index) => {
    const y = 66 + index * ROW;
    let x = LABELS;
    const parts = KINDS.map(({ kind, color }) => {
      const width = cost[kind] * scale;
      x += width;
      return `<rect x="${(x - width).toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="18" fill="${color}"/>`;
    });
    return `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${FIELD[name as ContestantName]}</text>
${parts.join("\n")}
<text x="${(x + 6).toFixed(1)}" y="${y + 14}">${(cost.core / 1000).toFixed(0)}</text>`;
  });
  const legend = KINDS.map(({ name, color }, index) => {
    const x = LABELS + index * 105;
    return `<rect x="${x}" y="38" width="10" height="10" fill="${color}"/>
<text x="${x + 14}" y="48" font-size="11">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${76 + rows.length * ROW}" font-family="sans-serif" font-size="13">
<title>Instructions per request</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LABELS}" y="24" font-weight="bold">Thousands of instructions per request; the number is core</text>
${legend.join("\n")}
${drawn.join("\n")}
</svg>
`;
}

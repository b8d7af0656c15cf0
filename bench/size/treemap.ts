import { readFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { gzipSync } from "node:zlib";
import { table } from "../table.ts";

/** The bytes that a source file adds to a built Worker. */
export interface Part {
  /** A room of `src/`, or the name of a package. */
  readonly group: string;
  /** The path within the group. */
  readonly file: string;
  readonly gzippedBytes: number;
}

/**
 * Splits a built Worker among its sources. The bundler writes one source after the other, so a source's part is what the gzipped Worker grows
 * by when the source is added. All parts add up to the gzipped Worker.
 *
 * @param file the Worker, beside its source map.
 */
export async function partsOf(file: string): Promise<Part[]> {
  const code = await readFile(file, "utf8");
  const map = new SourceMap(JSON.parse(await readFile(`${file}.map`, "utf8")));
  const ends: { source: string; end: number }[] = [];
  let at = 0;
  for (const [line, text] of code.split("\n").entries()) {
    for (let column = 0; column < text.length; column++) {
      const entry = map.findEntry(line, column);
      const source = "originalSource" in entry ? entry.originalSource : undefined;
      const last = ends.at(-1);
      if (source === undefined || source === last?.source) {
        if (last) last.end = at + column + 1;
      } else ends.push({ source, end: at + column + 1 });
    }
    at += text.length + 1;
  }
  const bytes = new Map<string, number>();
  let before = 0;
  for (const [index, { source, end }] of ends.entries()) {
    const size = gzipSync(code.slice(0, index === ends.length - 1 ? code.length : end)).length;
    bytes.set(source, (bytes.get(source) ?? 0) + size - before);
    before = size;
  }
  return Array.from(bytes, ([source, gzippedBytes]) => ({ ...placeOf(source), gzippedBytes }));
}

/** The group and the path of a source. */
function placeOf(source: string): { group: string; file: string } {
  const [, name, inPackage] = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(source) ?? [];
  if (name !== undefined && inPackage !== undefined) return { group: name, file: inPackage };
  const [, inSource = "the site's own configuration"] = /(?:^|\/)src\/(.+)$/.exec(source) ?? [];
  const [room = inSource, ...rest] = inSource.split("/");
  return { group: room.replace(/\.ts$/, ""), file: rest.join("/") || room };
}

/** The parts by group, the largest group first. */
function groupsOf(parts: readonly Part[]): [group: string, parts: readonly Part[]][] {
  const groups = Object.entries(Object.groupBy(parts, ({ group }) => group)) as [string, Part[]][];
  return groups.sort(([, one], [, other]) => sumOf(other) - sumOf(one));
}

const sumOf = (parts: readonly Part[]) => parts.reduce((sum, { gzippedBytes }) => sum + gzippedBytes, 0);

/** The table of docs/explanation/performance.md. */
export function partsTable(parts: readonly Part[]): string {
  const all = sumOf(parts);
  const rows = groupsOf(parts).map(([group, own]) => {
    const largest = [...own].sort((one, other) => other.gzippedBytes - one.gzippedBytes).slice(0, 3);
    const files = own.length > 1 ? largest.map(({ file, gzippedBytes }) => `${file} ${kib(gzippedBytes)}`) : [];
    return [group, kib(sumOf(own)), `${((100 * sumOf(own)) / all).toFixed(0)} %`, files.join(", ")];
  });
  return table(["room or package", "gzipped, KiB", "share", "its largest files"], rows);
}

const kib = (bytes: number) => (bytes / 1024).toFixed(1);

const WIDTH = 960;
const HEIGHT = 560;
const COLORS = ["#4a7fb5", "#d08b3a", "#8a9a5b", "#9b6a9b", "#5b9a97", "#b56a5b", "#7a86c2", "#a3924a"];

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The treemap as SVG: a box for each group, divided among its files, by gzipped bytes. */
export function partsPlot(parts: readonly Part[]): string {
  const groups = groupsOf(parts);
  const whole = { x: 0, y: 30, width: WIDTH, height: HEIGHT };
  const boxes = divided(
    whole,
    groups.map(([, own]) => sumOf(own)),
  );
  const drawn = groups.map(([group, own], index) => {
    const box = boxes[index] as Box;
    const sorted = [...own].sort((one, other) => other.gzippedBytes - one.gzippedBytes);
    const inner = divided(
      box,
      sorted.map(({ gzippedBytes }) => gzippedBytes),
    );
    const color = COLORS[index % COLORS.length];
    const files = sorted.map(({ file, gzippedBytes }, at) => {
      const own = inner[at] as Box;
      return `<g><title>${group}/${file}: ${kib(gzippedBytes)} KiB</title>${rectangle(own, `fill="${color}" stroke="#fff" stroke-width="0.5"`)}</g>`;
    });
    const label =
      box.width > 55 && box.height > 16
        ? `<text x="${box.x + 4}" y="${box.y + 14}">${group} ${kib(sumOf(own))}</text>`
        : "";
    return [...files, rectangle(box, 'fill="none" stroke="#fff" stroke-width="2.5"'), label].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT + 30}" font-family="sans-serif" font-size="12">
<title>The smallest build by room and package</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="4" y="20" font-weight="bold" font-size="13">The smallest build, ${kib(sumOf(parts))} KiB gzipped, by room and package</text>
<g fill="#111">
${drawn.join("\n")}
</g>
</svg>
`;
}

function rectangle({ x, y, width, height }: Box, style: string): string {
  const [left, top, wide, high] = [x, y, width, height].map((value) => value.toFixed(1));
  return `<rect x="${left}" y="${top}" width="${wide}" height="${high}" ${style}/>`;
}

/**
 * Divides a box by sizes, the largest first, into boxes that are as square as they can be: the squarified treemap of Bruls, Huizing and
 * van Wijk (2000).
 */
export function divided(box: Box, sizes: readonly number[]): Box[] {
  const scale =
    (box.width * box.height) /
    Math.max(
      1,
      sizes.reduce((sum, size) => sum + Math.max(size, 0), 0),
    );
  const areas = sizes.map((size) => Math.max(size, 0) * scale);
  const boxes: Box[] = [];
  let left = box;
  let row: number[] = [];
  const place = () => {
    const rowArea = row.reduce((sum, area) => sum + area, 0);
    const isWide = left.width >= left.height;
    const across = rowArea / (isWide ? left.height : left.width) || 0;
    let along = 0;
    for (const area of row) {
      const length = area / across || 0;
      boxes.push(
        isWide
          ? { x: left.x, y: left.y + along, width: across, height: length }
          : { x: left.x + along, y: left.y, width: length, height: across },
      );
      along += length;
    }
    left = isWide
      ? { ...left, x: left.x + across, width: left.width - across }
      : { ...left, y: left.y + across, height: left.height - across };
    row = [];
  };
  for (const area of areas) {
    const side = Math.min(left.width, left.height);
    if (row.length > 0 && worstOf([...row, area], side) > worstOf(row, side)) place();
    row.push(area);
  }
  if (row.length > 0) place();
  return boxes;
}

/** The worst ratio of the sides of boxes that share a row of this length. */
function worstOf(areas: readonly number[], side: number): number {
  const sum = areas.reduce((total, area) => total + area, 0);
  return Math.max(
    ...areas.map((area) => Math.max((side * side * area) / (sum * sum), (sum * sum) / (side * side * area))),
  );
}

import { readFile } from "node:fs/promises";
import { ImportSyntaxError, type Place } from "../remark.ts";

/** A line of a configuration of HAProxy. */
export interface Line extends Place {
  readonly words: readonly string[];
}

/** A section. `lines` begins with the lines of its `defaults`, so that later lines win. */
export interface Section extends Place {
  readonly kind: string;
  readonly name: string;
  readonly lines: readonly Line[];
  /** The lines of the section itself. */
  readonly own: readonly Line[];
}

const SECTIONS = [
  ..."global defaults frontend backend listen peers resolvers mailers userlist program cache ring fcgi-app log-forward".split(
    " ",
  ),
  ..."http-errors crt-store traces acme log-profile".split(" "),
];

/** Sections whose settings other sections inherit. */
const HEIRS = ["frontend", "backend", "listen"];

/**
 * Reads a configuration of HAProxy.
 *
 * @throws ImportSyntaxError; or the error of the file system, if the file cannot be read.
 */
export async function readSections(file: string): Promise<Section[]> {
  const sections: { kind: string; name: string; from: string | undefined; place: Place; own: Line[] }[] = [];
  for (const line of readLines(file, await readFile(file, "utf8"))) {
    const [kind = "", name = "", word, parent] = line.words;
    if (SECTIONS.includes(kind)) {
      const from = name === "from" ? word : word === "from" ? parent : undefined;
      sections.push({ kind, name: name === "from" ? "" : name, from, place: { file, line: line.line }, own: [] });
    } else if (kind.startsWith("."))
      throw new ImportSyntaxError(line, `${kind}: conditions in the file are not read; import the lines that hold`);
    else {
      const section = sections.at(-1);
      if (!section) throw new ImportSyntaxError(line, `"${kind}" stands before the first section`);
      section.own.push(line);
    }
  }
  const defaults = new Map<string, readonly Line[]>();
  let latest: readonly Line[] = [];
  return sections.map(({ kind, name, from, place, own }) => {
    const base = from === undefined ? latest : (defaults.get(from) ?? []);
    if (kind === "defaults") {
      latest = from === undefined ? own : [...base, ...own];
      defaults.set(name, latest);
    }
    return { ...place, kind, name, own, lines: HEIRS.includes(kind) ? [...base, ...own] : own };
  });
}

/** Splits lines as HAProxy does: `#` begins a comment, quotes and backslashes keep what they hold. */
function* readLines(file: string, text: string): Generator<Line> {
  for (const [index, raw] of text.split("\n").entries()) {
    const place = { file, line: index + 1 };
    const words: string[] = [];
    const parts = /\s*(?:#.*|((?:\\.|"(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\\])+))/gy;
    let end = 0;
    for (const match of raw.matchAll(parts)) {
      end = match.index + match[0].length;
      if (match[1] !== undefined) words.push(unquoted(match[1]));
    }
    if (raw.slice(end).trim() !== "")
      throw new ImportSyntaxError(place, "a quote is not closed, or a backslash ends the line");
    if (words.length > 0) yield { ...place, words };
  }
}

/** A backslash before any other character than these stays, as in `\\.` of a regular expression. */
function unquoted(word: string): string {
  return word.replace(/\\([\\ #"'])|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped, double, single) => {
    return escaped ?? double?.replace(/\\(["\\$])/g, "$1") ?? single;
  });
}

/** The last line that begins with some words, without these words. */
export function lastOf(
  lines: readonly Line[],
  ...begin: readonly string[]
): { readonly args: readonly string[]; readonly line: Line } | undefined {
  const line = allOf(lines, ...begin).at(-1);
  return line && { args: line.words.slice(begin.length), line };
}

/** All lines that begin with some words. */
export function allOf(lines: readonly Line[], ...begin: readonly string[]): Line[] {
  return lines.filter(({ words }) => begin.every((word, index) => words[index] === word));
}

import fs, { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { ImportSyntaxError, type Place, type Remark } from "../remark.ts";
import { readTokens, type Token } from "./tokens.ts";

/** A directive of nginx's configuration. */
export interface Directive extends Place {
  readonly name: string;
  readonly args: readonly string[];
  /** The directives between its braces; `undefined` if it has no braces. */
  readonly block: readonly Directive[] | undefined;
}

/** A configuration, with each included file in the place of its `include`. */
export interface NginxConfig {
  readonly directives: readonly Directive[];
  /** Files that could not be read. */
  readonly remarks: readonly Remark[];
}

/**
 * Reads a configuration of nginx. Included files are looked up as nginx does, relative to the folder of the file itself.
 *
 * @param file the path as the caller names it; places carry this name.
 * @throws ImportSyntaxError; or the error of the file system, if the file itself cannot be read.
 */
export async function readNginxConfig(file: string): Promise<NginxConfig> {
  const remarks: Remark[] = [];
  const directives = await readIncluded(file, { folder: dirname(resolve(file)), remarks, within: [] });
  return { directives, remarks };
}

interface Reading {
  readonly folder: string;
  readonly remarks: Remark[];
  /** The files that are being read, each included by the file before it. */
  readonly within: readonly string[];
}

async function readIncluded(file: string, reading: Reading): Promise<Directive[]> {
  const tokens = readTokens(file, await readFile(file, "utf8"));
  const { directives, end } = parseBlock(file, tokens, 0, false);
  if (end < tokens.length) throw new ImportSyntaxError({ file, line: tokens[end]?.line ?? 1 }, 'unexpected "}"');
  return expand(directives, { ...reading, within: [...reading.within, resolve(file)] });
}

/** The directives up to the brace that closes the block, or to the end of the file. */
function parseBlock(file: string, tokens: readonly Token[], from: number, inside: boolean) {
  const directives: Directive[] = [];
  let at = from;
  for (;;) {
    const first = tokens[at];
    if (!first || first.kind === "}") {
      const line = tokens.at(-1)?.line ?? 1;
      if (!first && inside) throw new ImportSyntaxError({ file, line }, 'the file ends where "}" is expected');
      return { directives, end: at };
    }
    if (first.kind !== "word") throw new ImportSyntaxError({ file, line: first.line }, `unexpected "${first.kind}"`);
    const words: string[] = [];
    for (let token = tokens[at]; token?.kind === "word"; token = tokens[++at]) words.push(token.text);
    const [name = "", ...args] = words;
    const place = { file, line: first.line };
    const sign = tokens[at]?.kind;
    if (sign === ";") directives.push({ ...place, name, args, block: undefined });
    else if (sign === "{") {
      const inner = parseBlock(file, tokens, at + 1, true);
      directives.push({ ...place, name, args, block: inner.directives });
      at = inner.end;
    } else throw new ImportSyntaxError(place, `"${name}" ends with neither ";" nor a block`);
    at++;
  }
}

async function expand(directives: readonly Directive[], reading: Reading): Promise<Directive[]> {
  const expanded: Directive[] = [];
  for (const directive of directives) {
    if (directive.name === "include" && directive.block === undefined) {
      expanded.push(...(await readInclude(directive, reading)));
    } else {
      const block = directive.block && (await expand(directive.block, reading));
      expanded.push({ ...directive, block });
    }
  }
  return expanded;
}

async function matching(pattern: string, folder: string, place: Place): Promise<string[]> {
  if (!fs.glob) throw new ImportSyntaxError(place, `the pattern ${pattern} needs Node.js 22 or newer`);
  return Array.fromAsync(fs.glob(pattern, { cwd: folder }));
}

async function readInclude({ args: [pattern = ""], file, line }: Directive, reading: Reading): Promise<Directive[]> {
  const { folder, remarks, within } = reading;
  const paths = /[*?[]/.test(pattern) ? await matching(pattern, folder, { file, line }) : [pattern];
  const directives: Directive[] = [];
  for (const path of paths.sort()) {
    const absolute = resolve(folder, path);
    if (within.includes(absolute)) throw new ImportSyntaxError({ file, line }, `${path} includes itself`);
    try {
      directives.push(...(await readIncluded(relative(process.cwd(), absolute), reading)));
    } catch (fault) {
      if (!(fault instanceof Error && "code" in fault)) throw fault;
      remarks.push({ file, line, text: `${path} cannot be read (${fault.code}), so what it holds is not imported` });
    }
  }
  return directives;
}

/** All directives of a name, at any depth, each with the blocks around it, the innermost block last. */
export function* findAll(
  directives: readonly Directive[],
  name: string,
  around: readonly Directive[] = [],
): Generator<{ directive: Directive; around: readonly Directive[] }> {
  for (const directive of directives) {
    if (directive.name === name) yield { directive, around };
    if (directive.block) yield* findAll(directive.block, name, [...around, directive]);
  }
}

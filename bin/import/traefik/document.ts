import { readFile } from "node:fs/promises";
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { ImportSyntaxError, type Place } from "../remark.ts";

/** A value in a YAML file, with its place. Keys compare without case, as Traefik compares them. */
export interface Value extends Place {
  /** The text of a scalar. */
  readonly text: string | undefined;
  /** The values of a map, by key in the case of the file. Empty for everything else. */
  readonly entries: readonly (Place & { readonly key: string; readonly value: Value })[];
  /** The values of a list. Empty for everything else. */
  readonly items: readonly Value[];
}

/**
 * Reads a YAML file.
 *
 * @throws ImportSyntaxError; or the error of the file system, if the file cannot be read.
 */
export async function readDocument(file: string): Promise<Value> {
  const lineCounter = new LineCounter();
  const text = await readFile(file, "utf8");
  const document = parseDocument(text, { lineCounter, merge: true });
  const [error] = document.errors;
  if (error) {
    const hint = text.includes("{{") ? "; templates are not read, so import the file that they make" : "";
    throw new ImportSyntaxError({ file, line: error.linePos?.[0].line ?? 1 }, `${error.message.split("\n")[0]}${hint}`);
  }
  const lineOf = (node: Node | null) => (node?.range ? lineCounter.linePos(node.range[0]).line : 1);

  function readValue(given: unknown, line: number): Value {
    const node = isAlias(given) ? given.resolve(document) : given;
    const place = { file, line };
    const entries = isMap(node)
      ? node.items.map(({ key, value }) => {
          const at = isNode(key) ? lineOf(key) : line;
          return { file, line: at, key: String(isScalar(key) ? key.value : key), value: readValue(value, at) };
        })
      : [];
    const items = isSeq(node) ? node.items.map((item) => readValue(item, isNode(item) ? lineOf(item) : line)) : [];
    const text = isScalar(node) && node.value !== null ? String(node.value) : undefined;
    return { ...place, text, entries, items };
  }
  return readValue(document.contents, 1);
}

/** The value under keys, each within the value before it. */
export function at(value: Value | undefined, ...keys: readonly string[]): Value | undefined {
  return keys.reduce<Value | undefined>((inner, key) => {
    return inner?.entries.find((entry) => entry.key.toLowerCase() === key.toLowerCase())?.value;
  }, value);
}

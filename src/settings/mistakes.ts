import { isRecord } from "./grammar.ts";

/** One mistake in a configuration. */
export interface Mistake {
  /** The place of the mistake, written as in JavaScript: `pools[0].origins[1].id`. Empty: the configuration as a whole. */
  path: string;
  /** The value at that place, in at most 100 characters and without credentials. */
  found: string;
  /** The values that are accepted at that place. */
  accepted: string;
}

const MAX_FOUND_CHARACTERS = 80;

/** One line for each mistake: `pools[0].origins[1].id: found "A b", accepted: 1 to 64 of a-z 0-9 . _ -`. */
export function formatMistakes(mistakes: readonly Mistake[]): string {
  return mistakes
    .map(({ path, found, accepted }) => `${path || "the configuration"}: found ${found}, accepted: ${accepted}`)
    .join("\n");
}

/** Writes a path as JavaScript would: `pools[0].id`, `session["my key"]`. */
export function formatPath(keys: readonly PropertyKey[]): string {
  let path = "";
  for (const key of keys) {
    if (typeof key === "number") path += `[${key}]`;
    else if (/^[a-z_$][\w$]*$/i.test(String(key))) path += path ? `.${String(key)}` : String(key);
    else path += `[${quote(String(key))}]`;
  }
  return path;
}

/** Describes any value in a few words that are safe to print, without credentials of a URL and without control characters. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return value.length > 0 ? "a list" : "an empty list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  return String(value);
}

function quote(text: string): string {
  const hidden = hideSecrets(text);
  const shown = hidden.length > MAX_FOUND_CHARACTERS ? `${hidden.slice(0, MAX_FOUND_CHARACTERS)}…` : hidden;
  return JSON.stringify(shown).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

/**
 * Hides the parts of a URL that may be secret. Any text is treated as a URL, because credentials end up in wrong fields, and in
 * URLs too broken to be parsed (`http://user:secret` without its host).
 */
function hideSecrets(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0] ?? "";
  const at = text.lastIndexOf("@");
  let rest = at < 0 ? text.slice(scheme.length) : `***${text.slice(at)}`;
  if (scheme) rest = rest.replace(/^([^/?#[\]]*?:)(?!\d*(?:[/?#]|$))[^/?#]*/, "$1***").replace(/\?.+/s, "?***");
  return scheme + rest;
}

/** An object within a configuration, and its place. */
export interface Item {
  readonly value: Record<string, unknown>;
  readonly path: string;
}

/** The objects of the list under `key`. Values that are not objects are left out. */
export function itemsOf(parent: Record<string, unknown>, key: string, parentPath = ""): Item[] {
  const list = parent[key];
  if (!Array.isArray(list)) return [];
  const path = parentPath ? `${parentPath}.${key}` : key;
  return list.flatMap((value, index) => (isRecord(value) ? [{ value, path: `${path}[${index}]` }] : []));
}

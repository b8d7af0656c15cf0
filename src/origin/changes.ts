import { MoorOriginError } from "./errors.ts";
import { asciiJson, isJsonObject, type JsonObject, type JsonValue, mergePatch } from "./json.ts";

/** What one response may carry in `Moor-Patch` headers, all together. */
const PATCH_BYTES = 16_384;
/** And in `Moor-Flash` headers. */
const FLASH_BYTES = 2_048;
/** Apache httpd drops a response header line above 8,192 bytes (`ResponseFieldSize`), its name included. */
const LINE_BYTES = 8_000;

/** How deep Moor lets a patch nest. */
const PATCH_LEVELS = 32;

/**
 * The merge patches that a request has asked for, kept per attribute. The order counts only within an attribute,
 * and a value that is no object overrides all before it; but two objects do not fold into one patch (`"x"` then
 * `{"a":1}` is not `{"a":1}`), so an attribute may have several values in a row.
 */
export type Changes = ReadonlyMap<string, readonly JsonValue[]>;

export const noChanges: Changes = new Map();

/**
 * The changes with one more merge patch.
 *
 * @throws MoorOriginError `change-too-large` if it nests too deep.
 */
export function withPatch(changes: Changes, patch: JsonObject): Changes {
  if (!isWithin(patch, PATCH_LEVELS)) {
    throw new MoorOriginError("change-too-large", `a patch nests deeper than ${PATCH_LEVELS} levels`);
  }
  const next = new Map(changes);
  for (const [name, value] of Object.entries(patch)) {
    next.set(name, isJsonObject(value) ? [...(next.get(name) ?? []), value] : [value]);
  }
  return next;
}

/** The attributes with all changes applied. */
export function applyChanges(attributes: JsonObject, changes: Changes): JsonObject {
  const next = new Map(Object.entries(attributes));
  for (const [name, values] of changes) {
    for (const value of values) {
      if (value === null) next.delete(name);
      else next.set(name, mergePatch(next.get(name), value));
    }
  }
  return Object.fromEntries(next);
}

/**
 * The values of the `Moor-Patch` headers that carry the changes, to be applied in this order: round n has the nth
 * value of every attribute. A line is kept short where it can be; one attribute alone may exceed it.
 *
 * @throws MoorOriginError `change-too-large`.
 */
export function patchLines(changes: Changes): string[] {
  return linesWithin(changes, PATCH_BYTES);
}

/** The values of the `Moor-Flash` headers, likewise. */
export function flashLines(changes: Changes): string[] {
  return linesWithin(changes, FLASH_BYTES);
}

function linesWithin(changes: Changes, most: number): string[] {
  const lengths = Array.from(changes.values(), (values) => values.length);
  const rounds = Array.from({ length: Math.max(0, ...lengths) }, (_, round) => membersOf(changes, round));
  const lines = rounds.flatMap(pack);
  const found = lines.join(", ").length;
  if (found > most) {
    throw new MoorOriginError("change-too-large", `changes of ${found} bytes; one response carries ${most}`);
  }
  return lines;
}

function membersOf(changes: Changes, round: number): string[] {
  return Array.from(changes).flatMap(([name, { [round]: value }]) =>
    value === undefined ? [] : [`${asciiJson(name)}:${asciiJson(value)}`],
  );
}

function pack(members: readonly string[]): string[] {
  const lines: string[] = [];
  let line = "";
  for (const member of members) {
    if (line !== "" && line.length + member.length + 3 > LINE_BYTES) {
      lines.push(`{${line}}`);
      line = "";
    }
    line = line === "" ? member : `${line},${member}`;
  }
  return [...lines, `{${line}}`];
}

function isWithin(value: JsonValue, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}

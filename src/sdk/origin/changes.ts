import { MoorOriginError } from "./errors.ts";
import { asciiJson, inOne, isJsonObject, type JsonObject, type JsonValue, mergePatches } from "./json.ts";

/** How many bytes the `Moor-Patch` headers of a response may carry together. */
const PATCH_BYTES = 16_384;
/** And in `Moor-Flash` headers. */
const FLASH_BYTES = 2_048;
/** Apache httpd drops a response header line above 8,192 bytes (`ResponseFieldSize`), its name included. */
const LINE_BYTES = 8_000;

/** How deep Moor lets a patch nest. */
const PATCH_LEVELS = 32;

/** How many merge patches a response may carry, of either kind. */
export const MAX_PATCHES = 64;

/**
 * The merge patches that a request has asked for, kept per attribute. The order counts only within an attribute. A
 * value that is not an object overrides all values before it. An object folds into the value before it if one patch can
 * express both. (`"x"` then `{"a":1}` is not `{"a":1}`.) So an attribute may have several values in a row.
 */
export type Changes = ReadonlyMap<string, readonly JsonValue[]>;

export const noChanges: Changes = new Map();

/**
 * The changes with another merge patch added.
 *
 * @throws MoorOriginError `change-too-large` if the patch nests too deep.
 */
export function withPatch(changes: Changes, patch: JsonObject): Changes {
  if (!isWithin(patch, PATCH_LEVELS)) {
    throw new MoorOriginError("change-too-large", `a patch nests deeper than ${PATCH_LEVELS} levels`);
  }
  const next = new Map(changes);
  addPatch(next, patch);
  return next;
}

/** Adds another merge patch to changes. */
export function addPatch(changes: Map<string, readonly JsonValue[]>, patch: JsonObject): void {
  for (const [name, value] of Object.entries(patch)) {
    changes.set(name, isJsonObject(value) ? withObject(changes.get(name) ?? [], value) : [value]);
  }
}

function withObject(values: readonly JsonValue[], value: JsonObject): readonly JsonValue[] {
  const last = values.at(-1);
  const both = isJsonObject(last) ? inOne(last, value) : undefined;
  return both ? [...values.slice(0, -1), both] : [...values, value];
}

/** The attributes with all changes applied. */
export function applyChanges(attributes: JsonObject, changes: Changes): JsonObject {
  return mergePatches(attributes, patchesOf(changes));
}

/** The merge patches that carry the changes, to be applied in this order: round n has the nth value of every attribute. */
export function patchesOf(changes: Changes): JsonObject[] {
  const lengths = Array.from(changes.values(), (values) => values.length);
  // A list as long as an argument list may be would break the call.
  const most = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  return Array.from({ length: most }, (_, round) => Object.fromEntries(membersOf(changes, round)));
}

/**
 * The values of the `Moor-Patch` headers that carry the changes, in order. A line is kept short where possible; a
 * single attribute may exceed the limit.
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
  const lines = patchesOf(changes).flatMap((patch) => pack(Object.entries(patch).map(memberText)));
  const found = lines.join(", ").length;
  if (found > most) {
    throw new MoorOriginError("change-too-large", `changes of ${found} bytes; one response carries ${most}`);
  }
  if (lines.length > MAX_PATCHES) {
    throw new MoorOriginError("change-too-large", `${lines.length} patches; one response carries ${MAX_PATCHES}`);
  }
  return lines;
}

function membersOf(changes: Changes, round: number): [name: string, value: JsonValue][] {
  return Array.from(changes).flatMap(([name, { [round]: value }]) => (value === undefined ? [] : [[name, value]]));
}

function memberText([name, value]: [name: string, value: JsonValue]): string {
  return `${asciiJson(name)}:${asciiJson(value)}`;
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

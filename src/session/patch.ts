/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object. Any name is plain data, `__proto__` among them. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** How deep a patch may nest; deeper ones are refused, so that no walk over attributes can exhaust the stack. */
export const MAX_PATCH_DEPTH = 32;

/**
 * Applies a JSON merge patch (RFC 7396) and returns the result; neither argument changes. Objects merge, `null` removes,
 * everything else (arrays too) replaces.
 */
export function mergePatch(target: Json | undefined, patch: JsonObject): JsonObject;
export function mergePatch(target: Json | undefined, patch: Json): Json;
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  // Maps and fromEntries define properties; assigning one called __proto__ would set the prototype.
  const merged = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

/**
 * Reads a merge patch of attributes from its JSON text.
 *
 * @throws TypeError if it is not JSON, not an object, nests deeper than {@link MAX_PATCH_DEPTH}, or has an infinite
 * number; the message never holds a value.
 */
export function parsePatch(text: string): JsonObject {
  return checkPatch(parseJson(text));
}

/** Reads a JSON array of merge patches, each as in {@link parsePatch}; ASCII only, as it comes from headers. */
export function parsePatches(text: string): JsonObject[] {
  if (!/^[\t\x20-\x7e]*$/.test(text)) throw new TypeError("not ASCII; write other characters as \\u escapes");
  const patches = parseJson(text);
  if (!Array.isArray(patches) || patches.length === 0) throw new TypeError("empty");
  return patches.map(checkPatch);
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // The parser's own message quotes the text, which is session data.
    throw new TypeError("not JSON");
  }
}

/**
 * Checks a merge patch of attributes.
 *
 * @throws TypeError as {@link parsePatch}.
 */
export function checkPatch(patch: Json): JsonObject {
  if (!isJsonObject(patch)) throw new TypeError("not a JSON object");
  if (!withinDepth(patch, MAX_PATCH_DEPTH)) throw new TypeError(`nests deeper than ${MAX_PATCH_DEPTH} levels`);
  if (!everyNumber(patch)) throw new TypeError("has a number that JSON cannot hold");
  return patch;
}

/** Whether a JSON value is an object, not an array and not `null`. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `1e999` parses as infinity, which would be written as `null`. */
function everyNumber(value: Json): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(everyNumber);
  return typeof value !== "number" || Number.isFinite(value);
}

function withinDepth(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => withinDepth(inner, levels - 1));
}

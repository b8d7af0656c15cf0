/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object. Any name is plain data, `__proto__` among them. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** How deep a patch may nest. Deeper patches are refused, so that no walk over attributes can exhaust the stack. */
export const MAX_PATCH_DEPTH = 32;

/** How many patches one change may have. A change with more is refused. */
export const MAX_PATCHES = 64;

/** The members of an object while patches are merged into it. A member that a patch has touched is a draft itself. */
type Draft = Map<string, Json | Draft>;

/**
 * Applies JSON merge patches (RFC 7396) in order and returns the result; no argument changes. Objects merge, `null` removes,
 * every other value (arrays too) replaces. The work is linear: an object of the target is copied once, however many patches touch
 * it.
 */
export function mergePatches(target: JsonObject, patches: readonly JsonObject[]): JsonObject {
  const draft = draftOf(target);
  for (const patch of patches) mergeInto(draft, patch);
  return finished(draft) as JsonObject;
}

/** A JSON object while patches are merged into a copy of it, as {@link mergePatches} does. */
export class Merging {
  readonly #members: Draft;

  constructor(target: JsonObject) {
    this.#members = draftOf(target);
  }

  merge(patch: JsonObject): void {
    mergeInto(this.#members, patch);
  }

  /** The present value of one member; `undefined`: there is no such member. */
  get(name: string): Json | undefined {
    const value = this.#members.get(name);
    return value === undefined ? undefined : finished(value);
  }

  get result(): JsonObject {
    return finished(this.#members) as JsonObject;
  }
}

function mergeInto(draft: Draft, patch: JsonObject): void {
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) draft.delete(name);
    else if (!isJsonObject(value)) draft.set(name, value);
    else {
      const inner = draftOf(draft.get(name));
      draft.set(name, inner);
      mergeInto(inner, value);
    }
  }
}

function draftOf(value: Json | Draft | undefined): Draft {
  if (value instanceof Map) return value;
  return new Map(isJsonObject(value) ? Object.entries(value) : []);
}

/** fromEntries defines properties. An assignment to a property called __proto__ would set the prototype. */
function finished(value: Json | Draft): Json {
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(Array.from(value, ([name, member]) => [name, finished(member)]));
}

/**
 * Reads a merge patch of attributes from its JSON text.
 *
 * @throws TypeError if the text is not JSON, not an object, nests deeper than {@link MAX_PATCH_DEPTH}, or has an infinite number;
 * the message never holds a value.
 */
export function parsePatch(text: string): JsonObject {
  return checkPatch(parseJson(text));
}

/**
 * Reads a JSON array of merge patches, each as in {@link parsePatch}. The text is ASCII, because it comes from headers. Empty
 * patches are left out if there are other patches.
 *
 * @throws TypeError also if the array is empty, or more than {@link MAX_PATCHES} patches are left.
 */
export function parsePatches(text: string): JsonObject[] {
  if (!/^[\t\x20-\x7e]*$/.test(text)) throw new TypeError("not ASCII; write other characters as \\u escapes");
  const patches = parseJson(text);
  if (!Array.isArray(patches) || patches.length === 0) throw new TypeError("empty");
  const checked = patches.map(checkPatch);
  const telling = checked.filter((patch) => Object.keys(patch).length > 0);
  if (telling.length > MAX_PATCHES) throw new TypeError(`${telling.length} patches, at most ${MAX_PATCHES}`);
  return telling.length > 0 ? telling : [{}];
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
 * @throws TypeError in the same cases as {@link parsePatch}.
 */
export function checkPatch(patch: Json): JsonObject {
  if (!isJsonObject(patch)) throw new TypeError("not a JSON object");
  if (!withinDepth(patch, MAX_PATCH_DEPTH)) throw new TypeError(`nests deeper than ${MAX_PATCH_DEPTH} levels`);
  if (!everyNumber(patch)) throw new TypeError("has a number that JSON cannot hold");
  return patch;
}

/** Whether a JSON value is an object; an array or `null` is not. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `1e999` parses as infinity, which JSON would write as `null`. */
function everyNumber(value: Json): boolean {
  if (typeof value === "object" && value !== null) return Object.values(value).every(everyNumber);
  return typeof value !== "number" || Number.isFinite(value);
}

function withinDepth(value: Json, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => withinDepth(inner, levels - 1));
}

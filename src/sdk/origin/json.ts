/** A value that JSON can express. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { [name: string]: JsonValue };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of an object on their way through patches. A value that a patch has touched is a draft itself. */
type Draft = Map<string, JsonValue | Draft>;

/**
 * The target with merge patches applied in order (RFC 7396). No argument is changed, and an object of the target is copied once,
 * however many patches touch it. `Object.fromEntries` defines its members, so `__proto__` is a name like any other.
 */
export function mergePatches(target: JsonObject, patches: readonly JsonObject[]): JsonObject {
  const draft = draftOf(target);
  for (const patch of patches) mergeInto(draft, patch);
  return finished(draft);
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

function draftOf(value: JsonValue | Draft | undefined): Draft {
  if (value instanceof Map) return value;
  return new Map(isJsonObject(value) ? Object.entries(value) : []);
}

function finished(draft: Draft): JsonObject {
  const members = Array.from(draft, ([name, value]) => [name, value instanceof Map ? finished(value) : value] as const);
  return Object.fromEntries(members);
}

/**
 * A merge patch that does the work of two consecutive patches; `undefined` if there is no such patch. An object may
 * follow a removal or a value of another type. It then replaces that value, but in one patch it would merge into the
 * target's own value.
 */
export function inOne(first: JsonObject, second: JsonObject): JsonObject | undefined {
  const members = new Map(Object.entries(first));
  for (const [name, value] of Object.entries(second)) {
    const before = members.get(name);
    if (before === undefined || !isJsonObject(value)) members.set(name, value);
    else {
      const both = isJsonObject(before) ? inOne(before, value) : undefined;
      if (!both) return undefined;
      members.set(name, both);
    }
  }
  return Object.fromEntries(members);
}

/** JSON in visible ASCII and spaces, fit for a header: `JSON.stringify` escapes the control characters, this the rest. */
export function asciiJson(value: JsonValue): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * A copy of the value as JSON keeps it. A value that JSON would drop or turn into null is refused. A null in an object
 * is refused too, unless `nulls` allows it, because a merge patch reads it as a removal.
 *
 * @throws TypeError naming the member that cannot be kept.
 */
export function jsonCopy(value: unknown, nulls: "remove" | "refuse"): JsonValue {
  const text = JSON.stringify(value, function (this: unknown, name: string, member: unknown) {
    const at = name === "" ? "the value" : JSON.stringify(name);
    if (member === null && nulls === "refuse" && !Array.isArray(this)) {
      throw new TypeError(`${at} is null, which an attribute cannot hold (RFC 7396): delete it instead`);
    }
    if (!isJson(member)) throw new TypeError(`${at} is not JSON: ${String(member)}`);
    return member;
  });
  return JSON.parse(text);
}

function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean" || typeof value === "object";
}

/** A value that JSON can express. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [name: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { [name: string]: JsonValue };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The target with the merge patch applied (RFC 7396). Neither argument is changed. `Object.fromEntries` defines
 * its members, so `__proto__` is a name like any other.
 */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const members = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, mergePatch(members.get(name), value));
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
 * A copy of the value as JSON keeps it. What JSON would drop or turn into null is refused instead; so is a null in
 * an object unless `nulls` allows it, because a merge patch reads it as a removal.
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

import { isJsonObject, type Json, type JsonObject } from "./patch.ts";

/**
 * An older merge patch, or attributes, without the members that a younger merge patch replaces. If the younger patch is applied somewhere
 * after the older one, the result is the same as before, whatever other patches are applied between them or after them.
 */
export function trimmed(older: JsonObject, younger: JsonObject): JsonObject {
  const kept = Object.entries(older).flatMap(([name, value]): [string, Json][] => {
    const replaced = Object.hasOwn(younger, name) ? younger[name] : undefined;
    if (replaced === undefined) return [[name, value]];
    if (!isJsonObject(replaced)) return [];
    // The younger patch merges into the value, so only its own members replace something.
    return [[name, isJsonObject(value) ? trimmed(value, replaced) : value]];
  });
  // fromEntries defines properties. An assignment to a property called __proto__ would set the prototype.
  return Object.fromEntries(kept);
}

/** Patches that are applied in order, each without the members that the younger patches replace. Patches that become empty are left out. */
export function trimmedBy(older: readonly JsonObject[], younger: readonly JsonObject[]): JsonObject[] {
  return older.map((patch) => younger.reduce(trimmed, patch)).filter((patch) => Object.keys(patch).length > 0);
}

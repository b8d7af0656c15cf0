import type { JsonObject, JsonValue } from "../origin/json.ts";
import { isJsonObject } from "../origin/json.ts";

/**
 * The smallest merge patch (RFC 7396) that turns `before` into `after`; `undefined` if they are the same. A null in an
 * object of `after` is a removal, because a merge patch cannot express anything else. Members that did not change are
 * left out, so that the changes of other requests to them survive.
 */
export function mergeDiff(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const members = new Map<string, JsonValue>(removed.map((name) => [name, null]));
  for (const [name, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, name) ? before[name] : undefined;
    const change = isJsonObject(old) && isJsonObject(value) ? mergeDiff(old, value) : replaced(old, value);
    if (change !== undefined) members.set(name, change);
  }
  return members.size === 0 ? undefined : Object.fromEntries(members);
}

function replaced(old: JsonValue | undefined, value: JsonValue): JsonValue | undefined {
  if (value === null && old === undefined) return undefined;
  return JSON.stringify(old) === JSON.stringify(value) ? undefined : value;
}

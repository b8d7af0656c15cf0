import { optional } from "valibot";
import { bindingName } from "../settings/grammar.ts";
import { describe, type Mistake } from "../settings/mistakes.ts";
import { list, value } from "../settings/shapes.ts";

/** The form of `bindings`, for a store that may be several databases. */
export const bindings = optional(list(value(bindingName), `a list of at least one: ${bindingName.accepted}`));

/** Each name of `bindings` must lead to a database of its own. */
export function repeatedBindings({ bindings: names }: Record<string, unknown>): Mistake[] {
  if (!Array.isArray(names) || new Set(names).size === names.length) return [];
  const accepted = "names that differ: each is a database of its own";
  return [{ path: "stores.authority.bindings", found: describe(names), accepted }];
}

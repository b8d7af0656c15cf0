import { isRecord } from "./grammar.ts";

/** Something of a configuration that is an object, and where it stands. */
export interface Item {
  readonly value: Record<string, unknown>;
  readonly path: string;
}

/** The objects of the list under `key`; whatever else stands there is left out. */
export function itemsOf(parent: Record<string, unknown>, key: string, parentPath = ""): Item[] {
  const list = parent[key];
  if (!Array.isArray(list)) return [];
  const path = parentPath ? `${parentPath}.${key}` : key;
  return list.flatMap((value, index) => (isRecord(value) ? [{ value, path: `${path}[${index}]` }] : []));
}

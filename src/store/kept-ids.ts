import { BoundedMap } from "../lib/bounded-map.ts";
import type { ObjectNamespace } from "./object-calls.ts";

/** The part of a namespace of Durable Objects that turns names into ids. */
export interface NamespaceWithIds<Id> {
  idFromName(name: string): Id;
  get(id: Id, options: Parameters<ObjectNamespace["getByName"]>[1]): unknown;
}

/** How many ids are kept at least; at most twice as many. */
const MOST_IDS = 2_048;

/**
 * The same objects, whose ids are kept: the platform derives an id from its name by two MACs. An id belongs to no request, so an isolate
 * may use it for its whole life. A stub belongs to the request that made it.
 */
export function keepIds<Id>(objects: NamespaceWithIds<Id>): ObjectNamespace {
  const ids = new BoundedMap<string, Id>(MOST_IDS);
  return {
    getByName(name, options) {
      const kept = ids.get(name);
      const id = kept ?? objects.idFromName(name);
      if (kept === undefined) ids.set(name, id);
      return objects.get(id, options);
    },
  };
}

import type { Breaker } from "../store/breaker.ts";
import { ask } from "../store/guarded.ts";
import type { RowStore } from "./row-store.ts";

/** A store of rows behind a breaker. The store sets its own deadlines. */
export function guardRows(store: RowStore, breaker: Breaker): RowStore {
  return {
    name: store.name,
    isMetered: store.isMetered,
    read: (name) => ask(breaker, () => store.read(name)),
    write: (name, write) => ask(breaker, () => store.write(name, write)),
    due: (limit) => ask(breaker, () => store.due(limit)),
    free: (limit) => ask(breaker, () => store.free(limit)),
  };
}

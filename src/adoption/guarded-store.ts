import type { OldStore } from "../old-formats/old-store.ts";
import type { Breaker } from "../store/breaker.ts";
import { ask } from "../store/guarded.ts";

/** The store of an old application behind a breaker, so that no visitor waits for a store that does not answer. */
export function guardOldStore(store: OldStore, breaker: Breaker): OldStore {
  return {
    read: (id, now) => ask(breaker, () => store.read(id, now)),
    end: (id) => ask(breaker, () => store.end(id)),
  };
}

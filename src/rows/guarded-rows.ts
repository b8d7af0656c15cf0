import type { RowStore } from "../row-stores/row-store.ts";
import type { Breaker } from "../store/breaker.ts";
import { ask } from "../store/guarded.ts";

/** A store of rows behind a breaker. The store sets its own deadlines. */
export function guardRows(store: RowStore, breaker: Breaker): RowStore {
  const guarded = (calls: Pick<RowStore, "read" | "write">): Pick<RowStore, "read" | "write"> => ({
    read: (name) => ask(breaker, () => calls.read(name)),
    write: (name, write) => ask(breaker, () => calls.write(name, write)),
  });
  const { connect, sealedOtherwise } = store;
  return {
    name: store.name,
    isMetered: store.isMetered,
    connect:
      connect &&
      (() => {
        const connection = connect();
        return { ...guarded(connection), end: () => connection.end() };
      }),
    ...guarded(store),
    due: (limit) => ask(breaker, () => store.due(limit)),
    sealedOtherwise: sealedOtherwise && ((starts, limit) => ask(breaker, () => sealedOtherwise(starts, limit))),
    free: (limit) => ask(breaker, () => store.free(limit)),
  };
}

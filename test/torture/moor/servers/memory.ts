import { createDistantRows } from "../../../../emulation/distant-rows.ts";
import { createRowsInMemory } from "../../../../emulation/rows.ts";
import type { CreateRowServer } from "./server.ts";

/** Rows in memory without any driver. */
export const rowsInMemory: CreateRowServer = ({ clock, serverNow, latencyMs, faultOf }) => {
  const { store, setBack } = createRowsInMemory({ clock: serverNow });
  return {
    store,
    from: (location) => createDistantRows(store, { clock, from: location, latencyMs, faultOf }),
    setBack,
  };
};

import { fillDefaults } from "../src/config/defaults.ts";
import type { OriginConfig } from "../src/config/pool-types.ts";
import { createOrder } from "../src/upstream/choose/order.ts";

/** The moves of sessions born before and after a pool changes by birth. */
export interface Births {
  /** Old sessions that changed their origin when another was added. */
  readonly movedByAdding: number;
  /** New sessions on the added origin, against its fair share. */
  readonly newOnAdded: number;
  /** Old sessions that changed their origin when an origin was drained. */
  readonly movedByDraining: number;
  /** New sessions on the drained origin. */
  readonly newOnDrained: number;
}

const CHANGE = "2027-01-01T00:00:00Z";
const HOUR_MS = 3_600_000;

/** Half of the sessions are born before the change, half after it; the pool is that of Moor, its configuration too. */
export function runBirths(size: number, sessions: readonly string[]): Births {
  const origins = Array.from({ length: size }, (_, i) => ({ id: `origin-${i}`, url: "http://origin.test" }));
  const half = sessions.length / 2;
  const homesIn = (changed: OriginConfig[]) => {
    const [pool] = fillDefaults({ pools: [{ id: "shop", origins: changed }] }).pools;
    const order = createOrder(pool as NonNullable<typeof pool>);
    const now = Date.parse(CHANGE) + 24 * HOUR_MS;
    const shared = {
      sessionIsFresh: false,
      headers: new Headers(),
      url: new URL("http://shop.test/"),
      clientIp: undefined,
    };
    return sessions.map((sessionId, i) => {
      const bornAt = Date.parse(CHANGE) + (i < half ? -HOUR_MS : HOUR_MS);
      return order({ ...shared, sessionId, bornAt }, 1, now)[0];
    });
  };
  const subject = size >> 1;
  const before = homesIn(origins);
  const added = homesIn([...origins, { id: `origin-${size}`, url: "http://origin.test", open: [{ from: CHANGE }] }]);
  const drained = homesIn(origins.map((it, i) => (i === subject ? { ...it, open: [{ until: CHANGE }] } : it)));
  const moved = (after: typeof before) => after.filter((home, i) => i < half && home !== before[i]).length;
  const newOn = (after: typeof before, origin: number) =>
    after.filter((home, i) => i >= half && home === origin).length;
  return {
    movedByAdding: moved(added),
    newOnAdded: (newOn(added, size) * (size + 1)) / half,
    movedByDraining: moved(drained),
    newOnDrained: newOn(drained, subject),
  };
}

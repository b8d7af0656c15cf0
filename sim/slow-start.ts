import { fillDefaults } from "../src/config/defaults.ts";
import { createOrder } from "../src/upstream/choose/order.ts";

/** The effect of slow start on an origin that is added. */
export interface SlowStart {
  /** Sessions that changed their origin at any step although they were born before it. */
  readonly moved: number;
  /**
   * The share of the sessions born at the first, fifth and last step that is on the added origin, against its fair
   * share.
   */
  readonly first: number;
  readonly fifth: number;
  readonly last: number;
}

const ADDED = "2027-01-01T00:00:00Z";
const SLOW_START_SECONDS = 600;
const STEP_MS = (SLOW_START_SECONDS * 1000) / 10;

/** A pool of `size` origins that gets another, by the configuration of Moor. A quarter of the sessions is born before that, and at each of three steps. */
export function runSlowStart(size: number, sessions: readonly string[]): SlowStart {
  const origins = Array.from({ length: size }, (_, i) => ({ id: `origin-${i}`, url: "http://origin.test" }));
  const added = { id: `origin-${size}`, url: "http://origin.test", open: [{ from: ADDED }] };
  const slowStartSeconds = SLOW_START_SECONDS;
  const [pool] = fillDefaults({ pools: [{ id: "shop", origins: [...origins, added], slowStartSeconds }] }).pools;
  const order = createOrder(pool as NonNullable<typeof pool>);
  const shared = {
    sessionIsFresh: false,
    headers: new Headers(),
    url: new URL("http://shop.test/"),
    clientIp: undefined,
  };
  const openedAt = Date.parse(ADDED);
  const births = [-1, 0, 4, 9].map((step) => openedAt + step * STEP_MS);
  const later = openedAt + 24 * 3_600_000;
  const onAdded = births.map(() => 0);
  let moved = 0;
  sessions.forEach((sessionId, i) => {
    const at = i % births.length;
    const bornAt = births[at] as number;
    const [home] = order({ ...shared, sessionId, bornAt }, 1, bornAt);
    if (order({ ...shared, sessionId, bornAt }, 1, later)[0] !== home) moved++;
    if (home === size) onAdded[at] = (onAdded[at] as number) + 1;
  });
  const shares = onAdded.map((count) => (count * births.length * (size + 1)) / sessions.length);
  const [, first, fifth, last] = shares as [number, number, number, number];
  return { moved, first, fifth, last };
}

import { fillDefaults } from "../src/config/defaults.ts";
import type { OriginConfig } from "../src/config/pool-types.ts";
import { REGIONS, type Region } from "../src/config/regions.ts";
import { createOrder } from "../src/upstream/choose/order.ts";

/** The moves of the sessions of three regions. */
export interface Zones {
  /** Sessions served in another region than they were born in, while all is well. */
  readonly abroad: number;
  /** Sessions of the region that fails which moved, against all that it had. */
  readonly spilled: number;
  /** Sessions of the other regions that moved when it failed. */
  readonly movedByFailing: number;
  /** Of its sessions: the share of the origin elsewhere that gets the most, against a fair share. */
  readonly spillPeak: number;
  /** Old sessions, wherever they were born, that moved when a region was added by birth. */
  readonly movedByAdding: number;
}

const BORN = ["weur", "enam", "apac"] as const satisfies Region[];
const ADDED = "sam";
const CHANGE = "2027-01-01T00:00:00Z";

/**
 * Sessions are born in three regions and in a fourth that has no origin yet; `size` origins are shared out among the
 * three.
 */
export function runZones(size: number, sessions: readonly string[]): Zones {
  const regionAt = (index: number) => BORN[index % BORN.length] as Region;
  const origins = Array.from({ length: size }, (_, i) => origin(i, regionAt(i)));
  const born = [...BORN, ADDED] as const;
  const homeOf = (session: number) => born[session % born.length] as Region;
  const placesIn = (changed: OriginConfig[], failed?: Region) => {
    const [pool] = fillDefaults({ pools: [{ id: "shop", origins: changed }] }).pools;
    const order = createOrder(pool as NonNullable<typeof pool>);
    const ejected = failed && Uint8Array.from(changed, ({ region }) => (region === failed ? 1 : 0));
    const shared = {
      sessionIsFresh: false,
      headers: new Headers(),
      url: new URL("http://shop.test/"),
      clientIp: undefined,
    };
    const now = Date.parse(CHANGE);
    return sessions.map((sessionId, i) => {
      const home = REGIONS.indexOf(homeOf(i)) + 1;
      return order({ ...shared, sessionId, home, bornAt: now - 3_600_000 }, 1, now, ejected)[0] as number;
    });
  };

  const [failing] = BORN;
  const before = placesIn(origins);
  const failed = placesIn(origins, failing);
  const added = placesIn([...origins, { ...origin(size, ADDED), open: [{ from: CHANGE }] }]);
  const own = before.flatMap((place, i) => (regionAt(place) === failing ? [i] : []));
  const counts = Array<number>(size).fill(0);
  for (const i of own) counts[failed[i] as number] = (counts[failed[i] as number] as number) + 1;
  const rest = origins.filter(({ region }) => region !== failing).length;
  const moved = (after: readonly number[]) => before.flatMap((place, i) => (place === after[i] ? [] : [i]));
  return {
    abroad: before.filter((place, i) => homeOf(i) !== ADDED && regionAt(place) !== homeOf(i)).length,
    spilled: own.filter((i) => failed[i] !== before[i]).length / own.length,
    movedByFailing: moved(failed).filter((i) => regionAt(before[i] as number) !== failing).length,
    spillPeak: (Math.max(...counts) * rest) / own.length,
    movedByAdding: moved(added).length,
  };
}

function origin(index: number, region: Region): OriginConfig {
  return { id: `origin-${index}`, url: "http://origin.test", region };
}

import type { Log, LogEntry } from "../../log.ts";
import { seriesOf } from "../../totals/exposition.ts";
import type { Tally } from "../../totals/tally.ts";
import type { Ejection } from "./report.ts";

/** What an isolate knows of origins and stores by its own requests. It hears of each change by the log line. */
export interface HeardState {
  /** The log of the isolate: it hears each entry and passes it on. */
  readonly log: Log;
  /** The origins of a pool that the isolate has ejected, by their ids. */
  ejections(pool: string): Readonly<Record<string, Ejection>>;
  /** Whether it ignores the health of a pool. */
  panics(pool: string): boolean;
  /** The stores whose breakers are not closed, and since when, in milliseconds since 1970. */
  openSince(): Readonly<Record<string, number>>;
  /** The stores that have lost data in the last ten minutes, as tokens of visitors have proved. */
  losing(): readonly string[];
}

const LOSING_MS = 600_000;

/**
 * @param tallyOf counts the ejections of a pool.
 * @param log takes every entry.
 * @param clock milliseconds since 1970.
 */
export function createHeardState(tallyOf: (pool: string) => Tally, log: Log, clock: () => number): HeardState {
  const ejected = new Map<string, Map<string, Ejection>>();
  const panicking = new Set<string>();
  const stores = new Map<string, number>();
  const lostAt = new Map<string, number>();

  function of(pool: string): Map<string, Ejection> {
    const origins = ejected.get(pool) ?? new Map();
    ejected.set(pool, origins);
    return origins;
  }

  function hear({ event, pool = "", origin = "", store = "", cause = "" }: LogEntry): void {
    switch (event) {
      case "origin_ejected":
        of(pool).set(origin, of(pool).get(origin) ?? { since: clock(), reason: cause });
        tallyOf(pool).add(seriesOf("moor_origin_ejections_total", { pool, origin, reason: cause }));
        break;
      case "origin_returned":
        of(pool).delete(origin);
        break;
      case "panic_began":
        panicking.add(pool);
        break;
      case "panic_over":
        panicking.delete(pool);
        break;
      case "store_open":
        stores.set(store, stores.get(store) ?? clock());
        break;
      case "store_closed":
        stores.delete(store);
        break;
      case "authority_set_back":
      case "authority_lost":
        lostAt.set(store, clock());
        break;
    }
  }

  return {
    log(entry) {
      hear(entry);
      log(entry);
    },
    ejections: (pool) => Object.fromEntries(of(pool)),
    panics: (pool) => panicking.has(pool),
    openSince: () => Object.fromEntries(stores),
    losing: () => Array.from(lostAt).flatMap(([store, at]) => (clock() - at < LOSING_MS ? [store] : [])),
  };
}

import { poolStorageOn } from "../../sim/pool-storage.ts";
import { createRandom } from "../../sim/scale/random.ts";
import { PoolAuthority } from "../../src/objects/pool/pool-authority.ts";
import { PoolRows, type PoolStorage } from "../../src/objects/pool/pool-rows.ts";
import { createTally } from "../../src/totals/tally.ts";
import { BETWEEN_KV_WRITES_MS } from "../../src/upstream/live/published-states.ts";
import { createReporter, type Reporter } from "../../src/upstream/live/reporter.ts";
import prices from "../cost/prices.json" with { type: "json" };
import { table } from "../table.ts";

/** A site whose reports are paid for. */
export interface Site {
  readonly name: string;
  /** Isolates that serve requests at once, for so many hours a day, each a request per second. */
  readonly isolates: number;
  readonly hours: number;
  /** How often Prometheus scrapes the totals all day, in seconds. Default: never. */
  readonly scrapeSeconds?: number;
  /** Whether a webhook is configured: then isolates also report to the object of the site. Default `false`. */
  readonly webhook?: boolean;
}

/** The operations of a month, in numbers. */
export interface Month {
  readonly reports: number;
  /** Reports, scrapes and alarms. */
  readonly objectRequests: number;
  readonly rowsRead: number;
  /** Alarms that are set among them. */
  readonly rowsWritten: number;
}

export const SITES: readonly Site[] = [
  { name: "3 isolates, 12 hours a day", isolates: 3, hours: 12 },
  { name: "the same, Prometheus scrapes each minute", isolates: 3, hours: 12, scrapeSeconds: 60 },
  { name: "the same, with a webhook", isolates: 3, hours: 12, webhook: true },
  { name: "10 isolates, day and night", isolates: 10, hours: 24 },
  { name: "3,000 isolates, day and night", isolates: 3_000, hours: 24 },
];

const ORIGINS = ["a", "b", "c"];
const AWAY_MS = 3_600_000;
const BEGIN_MS = Date.UTC(2026, 0, 1);
/** First reports come together, so these minutes are not counted. */
const WARM_UP_MINUTES = 3;
const COUNTED_MINUTES = 10;
const DAYS = 30;
const SECOND_MS = 1_000;
const MINUTES_AN_HOUR = 60;

interface Operations {
  reports: number;
  objectRequests: number;
  rowsRead: number;
  rowsWritten: number;
}

/** Plays the reports of some minutes with the code that runs at the edge and in objects, and counts what a month bills. */
export async function monthOf(site: Site): Promise<Month> {
  const busy = await played({ ...site });
  const idle = site.scrapeSeconds === undefined ? NOTHING : await played({ ...site, isolates: 0 });
  const [busyMinutes, idleMinutes] = [site.hours, 24 - site.hours].map((hours) => hours * MINUTES_AN_HOUR * DAYS);
  const names = Object.keys(NOTHING) as (keyof Operations)[];
  const sums = names.map((name) => {
    const sum = busy[name] * (busyMinutes as number) + idle[name] * (idleMinutes as number);
    return [name, Math.round(sum / COUNTED_MINUTES)] as const;
  });
  return Object.fromEntries(sums) as unknown as Month;
}

const NOTHING: Operations = { reports: 0, objectRequests: 0, rowsRead: 0, rowsWritten: 0 };

async function played({ isolates, scrapeSeconds, webhook = false }: Site): Promise<Operations> {
  let now = BEGIN_MS;
  const clock = () => now;
  const operations = { ...NOTHING };
  const random = createRandom(1);
  const [pool, whole] = [objectOf(operations, clock), objectOf(operations, clock)];
  let works: Promise<unknown>[] = [];

  function reporterOf(isolate: string, name: string, { authority }: BilledObject): Reporter {
    return createReporter({
      tally: createTally(),
      isolate,
      send: (ask) => {
        operations.reports++;
        operations.objectRequests++;
        return authority.see({ pool: name, ...structuredClone(ask), awayMs: AWAY_MS });
      },
      state: () => ({
        version: "v1",
        config: "c1",
        ejected: [],
        panics: false,
        open: [],
        webhook: webhook ? "https://alerts.example/moor" : "",
      }),
      keepAlive: (work) => works.push(work),
      random: random.next,
    });
  }
  const all = Array.from({ length: isolates }, (_, nth) => ({
    ofPool: reporterOf(`isolate-${nth}`, "shop", pool),
    ofSite: webhook ? reporterOf(`isolate-${nth}`, "~site", whole) : undefined,
  }));

  async function second(nth: number): Promise<void> {
    now = BEGIN_MS + nth * SECOND_MS;
    for (const { ofPool, ofSite } of all) {
      ofPool.tally.add('moor_requests_total{pool="shop",route="/*",status="2xx",code=""}');
      const visitor = Math.floor(random.next() * 1_000);
      ofPool.see(ORIGINS[visitor % ORIGINS.length] as string, `visitor ${visitor}`);
      ofPool.counted(now);
      ofSite?.counted(now);
    }
    if (scrapeSeconds !== undefined && nth % scrapeSeconds === 0) {
      operations.objectRequests += 3;
      works.push(pool.authority.totals({ watches: false, awayMs: AWAY_MS }), pool.authority.look({ awayMs: AWAY_MS }));
      works.push(whole.authority.totals({ watches: false, awayMs: AWAY_MS }));
    }
    await Promise.all(works);
    works = [];
    for (const object of [pool, whole]) await object.ringIfDue();
  }

  for (let nth = 0; nth < WARM_UP_MINUTES * 60; nth++) await second(nth);
  Object.assign(operations, NOTHING);
  for (let nth = 0; nth < COUNTED_MINUTES * 60; nth++) await second(WARM_UP_MINUTES * 60 + nth);
  return operations;
}

interface BilledObject {
  readonly authority: PoolAuthority;
  ringIfDue(): Promise<void>;
}

/** The object of a pool on rows in memory, whose operations are counted as Cloudflare bills them. */
function objectOf(operations: Operations, clock: () => number): BilledObject {
  const { kv } = poolStorageOn(new Map());
  const counted: PoolStorage = {
    kv: {
      get<T>(key: string) {
        operations.rowsRead++;
        return kv.get<T>(key);
      },
      *list<T>(options: { prefix: string; limit?: number; reverse?: boolean }) {
        for (const row of kv.list<T>(options)) {
          operations.rowsRead++;
          yield row;
        }
      },
      put(key, value) {
        operations.rowsWritten++;
        kv.put(key, value);
      },
      delete(key) {
        operations.rowsWritten++;
        return kv.delete(key);
      },
    },
  };
  let alarm: number | null = null;
  const authority = new PoolAuthority({
    rows: new PoolRows(counted),
    alarms: {
      getAlarm: async () => alarm,
      async setAlarm(at) {
        operations.rowsWritten++;
        alarm = at;
      },
    },
    publish: async () => {},
    betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
    probe: () => Promise.reject(new Error("the pool is not probed")),
    sendNote: async () => {},
    keepAlive: () => {},
    random: () => 0,
    clock,
    log: () => {},
  });
  return {
    authority,
    async ringIfDue() {
      if (alarm === null || alarm > clock()) return;
      alarm = null;
      operations.objectRequests++;
      await authority.alarm();
    },
  };
}

/** The price of a month in dollars, beyond what the plan includes. */
export function dollarsOf({ objectRequests, rowsRead, rowsWritten }: Month): number {
  const { objectRequests: call, objectDuration, rowsRead: read, rowsWritten: written } = prices;
  const millions =
    objectRequests * (call.price + objectDuration.price) + rowsRead * read.price + rowsWritten * written.price;
  return millions / 1_000_000;
}

/** The costs of all sites as Markdown, with the date and the sources of the prices. */
export async function reportCosts(): Promise<string> {
  const rows: string[][] = [];
  for (const site of SITES) {
    const month = await monthOf(site);
    const { reports, objectRequests, rowsWritten, rowsRead } = month;
    const counts = [reports, objectRequests, rowsWritten, rowsRead].map((count) => count.toLocaleString("en"));
    rows.push([site.name, ...counts, dollarsOf(month).toFixed(2)]);
  }
  const head = ["site, in a month", "reports", "calls and alarms of objects", "rows written", "rows read", "dollars"];
  const sources = (["objectRequests", "objectDuration", "rowsWritten", "rowsRead"] as const).map((name) => {
    const { price, source } = prices[name];
    return `- \`${name}\`: ${price}, ${source}`;
  });
  const said = `One pool with three origins; each isolate serves a request per second. Prices of ${prices.seen} in ${prices.currency}:`;
  return [table(head, rows), "", said, "", ...sources].join("\n");
}

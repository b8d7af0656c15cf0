import { encodeUtf8, murmur3 } from "../affinity/murmur3.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import { type Log, logToConsole } from "../log.ts";
import { isWebhookSecret } from "../objects/pool/send-note.ts";
import type { Tallies } from "../observe/counters.ts";
import type { Swept } from "../store/sweep.ts";
import { seriesOf } from "../totals/exposition.ts";
import { createTally, type Tally } from "../totals/tally.ts";
import { createHeardState } from "../upstream/live/isolate-state.ts";
import { sessionSpans } from "../upstream/live/live-pools.ts";
import { type Pools, SITE } from "../upstream/live/pool-contracts.ts";
import type { SweepOutcome } from "../upstream/live/report.ts";
import { createReporter, type Reporter } from "../upstream/live/reporter.ts";
import type { PoolsOptions } from "./pools.ts";

/** The reports of an isolate to the objects of pools. */
export interface Reports {
  /** The log of the isolate. Its entries also tell the reports what has changed. */
  readonly log: Log;
  /** @param pool the id of a pool, or {@link SITE}. */
  readonly reporterOf: (pool: string) => Reporter;
  readonly tallies: Tallies;
  /** Since when the breakers of the isolate are open, by the name of the store: milliseconds since 1970. */
  openSince(): Readonly<Record<string, number>>;
  /** The cron job has run. `undefined`: there was no journal to sweep. */
  swept(beganAt: number, result: Swept | undefined): void;
}

/** The bindings that reports need. */
export interface ReportsEnv {
  readonly POOL_OBJECT?: unknown;
  readonly SESSION_REPLICAS?: unknown;
  readonly MOOR_WEBHOOK_SECRET?: string;
  readonly CF_VERSION_METADATA?: { readonly id: string };
}

/**
 * The reports of an isolate; `undefined` if there are no operators, or nobody to report to.
 *
 * @param pools the authority of pools. It is asked for at the first report.
 */
export function bindReports(
  env: ReportsEnv,
  config: ResolvedConfig,
  pools: () => Pools | undefined,
  options: Omit<PoolsOptions, "reporterOf">,
): Reports | undefined {
  // A build without operators refuses `admin` where it makes the admin API.
  return typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS ? bind(env, config, pools, options) : undefined;
}

function bind(
  { POOL_OBJECT, SESSION_REPLICAS, CF_VERSION_METADATA, MOOR_WEBHOOK_SECRET }: ReportsEnv,
  config: ResolvedConfig,
  pools: () => Pools | undefined,
  { createPools, keepAlive }: Omit<PoolsOptions, "reporterOf">,
): Reports | undefined {
  const isBound = POOL_OBJECT !== undefined && SESSION_REPLICAS !== undefined;
  if (config.admin?.webhook && !(isBound && isWebhookSecret(MOOR_WEBHOOK_SECRET))) {
    throw new TypeError(
      "admin.webhook needs POOL_OBJECT and SESSION_REPLICAS bound, as in wrangler.toml, and MOOR_WEBHOOK_SECRET: " +
        '"whsec_" and at least 24 random bytes as base64.',
    );
  }
  if (!config.admin || !(createPools || isBound)) return undefined;
  return createReports({ config, version: CF_VERSION_METADATA?.id ?? "", pools: () => pools() as Pools, keepAlive });
}

/** The settings of reports. */
interface ReportsParts extends Pick<PoolsOptions, "keepAlive"> {
  readonly config: ResolvedConfig;
  /** The id of the Worker's version; "": it is not known. */
  readonly version: string;
  readonly pools: () => Pools;
}

/** How much of the version's id is shown. */
const VERSION_CHARACTERS = 8;

/** The reports of an isolate whose counts begin now. */
function createReports({ config, version, pools, keepAlive }: ReportsParts): Reports {
  const reporters = new Map<string, Reporter>();
  const all: Tally[] = [];
  const isolate = crypto.randomUUID();
  const { awayMs } = sessionSpans(config.session);
  const build = { version: version.slice(0, VERSION_CHARACTERS), config: hashOf(config) };
  let sweep: SweepOutcome | undefined;
  const heard = createHeardState((pool) => reporterOf(pool).tally, logToConsole, Date.now);
  const webhook = config.admin?.webhook?.url ?? "";

  function reporterOf(pool: string): Reporter {
    const known = reporters.get(pool);
    if (known) return known;
    const tally = createTally();
    const reporter = createReporter({
      tally,
      isolate,
      send: (ask) => pools().see(pool, { ...ask, awayMs }),
      state: () => {
        const [ejections, openSince] = [heard.ejections(pool), heard.openSince()];
        return {
          ...build,
          ejected: Object.keys(ejections),
          ejections,
          panics: heard.panics(pool),
          open: Object.keys(openSince),
          openSince,
          losing: heard.losing(),
          webhook,
          ...(pool === SITE && sweep ? { sweep } : {}),
        };
      },
      keepAlive,
      random: Math.random,
    });
    reporters.set(pool, told(pool, reporter));
    all.push(tally);
    return reporters.get(pool) as Reporter;
  }

  /** The object of the site tells of stores, so with a webhook it hears of every isolate that serves a pool. */
  function told(pool: string, reporter: Reporter): Reporter {
    if (webhook === "" || pool === SITE) return reporter;
    return {
      ...reporter,
      counted(now, request) {
        reporter.counted(now, request);
        reporterOf(SITE).counted(now, request);
      },
    };
  }

  return {
    log: heard.log,
    openSince: heard.openSince,
    reporterOf,
    tallies: { of: (pool) => reporterOf(pool ?? SITE), all },
    swept(beganAt, result) {
      if (!result) return;
      const at = Date.now();
      const failed = result.cause !== undefined;
      sweep = { at, tookMs: at - beganAt, left: result.left, oldestAt: result.oldestAt, failed };
      const reporter = reporterOf(SITE);
      reporter.tally.add(seriesOf("moor_sweeps_total", { outcome: failed ? "failed" : "done" }));
      reporter.counted(at);
    },
  };
}

/** Tells configurations apart, for operators. */
function hashOf(config: ResolvedConfig): string {
  return (murmur3(encodeUtf8(JSON.stringify(config)), 0) >>> 0).toString(16).padStart(8, "0");
}

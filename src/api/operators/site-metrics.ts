import type { ResolvedConfig, ResolvedPool } from "../../config/resolved.ts";
import { exposition, FAMILIES, seriesOf } from "../../totals/exposition.ts";
import { sumOf } from "../../totals/tally.ts";
import { type LookedPool, type Pools, type PoolTotals, SITE } from "../../upstream/live/pool-contracts.ts";

/** The pools, and how long a session may be away without ending, in milliseconds. */
export interface SiteMetricsParts {
  readonly config: Pick<ResolvedConfig, "pools">;
  readonly pools: Pick<Required<Pools>, "look" | "totals">;
  readonly awayMs: number;
}

/** The metrics of the site; all but the isolate's own. */
const SITE_FAMILIES = Object.keys(FAMILIES).filter((name) => name !== "moor_isolate_start_time_seconds");
const SECOND_MS = 1_000;

/**
 * The totals of the site in Prometheus' text format. Each series comes from one object. So the series of a pool whose object cannot be
 * reached are absent, and no other series changes by that.
 */
export async function siteMetrics({ config, pools, awayMs }: SiteMetricsParts): Promise<string> {
  const asked = { watches: false, awayMs };
  const ofPools = config.pools.map(async (pool) => {
    const [totals, looked] = await Promise.all([pools.totals(pool.id, asked), pools.look(pool.id, { awayMs })]);
    if (totals.kind === "unavailable" || looked.kind === "unavailable") return { [upOf(pool.id)]: 0 };
    return { ...ofObject(pool.id, totals), ...ofOrigins(pool, totals, looked) };
  });
  const site = await pools.totals(SITE, asked);
  const ofSite = site.kind === "unavailable" ? { [upOf("")]: 0 } : { ...ofObject("", site), ...ofSweep(site) };
  return exposition(sumOf([...(await Promise.all(ofPools)), ofSite]), SITE_FAMILIES);
}

/** The counts of an object, and what its isolates say. */
function ofObject(
  pool: string,
  { counts, savedAt, isolates }: PoolTotals,
): Record<string, PoolTotals["counts"][string]> {
  const builds = Object.entries(isolates.builds).map(([build, count]) => {
    const [version = "", config = ""] = build.split(" ");
    return [seriesOf("moor_build_info", { pool, version, config }), count] as const;
  });
  const open = Object.entries(isolates.open).map(
    ([store, colos]) => [seriesOf("moor_store_open", { pool, store }), isolatesIn(colos)] as const,
  );
  return {
    ...counts,
    [upOf(pool)]: 1,
    [seriesOf("moor_totals_saved_time_seconds", { pool })]: savedAt / SECOND_MS,
    [seriesOf("moor_isolates", { pool, state: "heard" })]: isolates.heard,
    ...Object.fromEntries([...builds, ...open]),
  };
}

function ofOrigins({ id: pool, origins }: ResolvedPool, { isolates, bound }: PoolTotals, { probes = {} }: LookedPool) {
  const series: Record<string, number> = { [seriesOf("moor_pool_panic", { pool })]: isolates.panicking };
  for (const { id: origin } of origins) {
    const ejecting = isolatesIn(isolates.ejecting[origin] ?? {});
    const verdict = probes[origin]?.verdict;
    const of = { pool, origin };
    if (verdict) series[seriesOf("moor_origin_up", { ...of, by: "probes" })] = verdict.state === "healthy" ? 1 : 0;
    if (isolates.heard > 0) {
      series[seriesOf("moor_origin_up", { ...of, by: "isolates" })] = ejecting * 2 > isolates.heard ? 0 : 1;
    }
    series[seriesOf("moor_origin_ejecting_isolates", of)] = ejecting;
    if (bound[origin] !== undefined) series[seriesOf("moor_sessions_bound", of)] = bound[origin];
  }
  return series;
}

function ofSweep({ sweep }: PoolTotals): Record<string, number> {
  if (!sweep) return {};
  return {
    moor_journal_pending: sweep.left,
    moor_journal_oldest_seconds: sweep.oldestAt === undefined ? 0 : (sweep.at - sweep.oldestAt) / SECOND_MS,
    moor_sweep_seconds: sweep.tookMs / SECOND_MS,
    moor_sweep_time_seconds: sweep.at / SECOND_MS,
  };
}

/** How many isolates there are in all locations. */
export function isolatesIn(colos: Readonly<Record<string, number>>): number {
  return Object.values(colos).reduce((sum, count) => sum + count, 0);
}

function upOf(pool: string): string {
  return seriesOf("moor_totals_up", { pool });
}

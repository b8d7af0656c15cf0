import type { ResolvedConfig, ResolvedPool } from "../../config/resolved.ts";
import { describeFault } from "../../log.ts";
import { type LookedPool, type Pools, type PoolTotals, SITE } from "../../upstream/live/pool-contracts.ts";
import { soon } from "../operators/soon.ts";

/** What the object of a pool says; or why it is not known. */
export type PoolFacts =
  | { readonly kind: "known"; readonly pool: ResolvedPool; readonly looked: LookedPool; readonly totals: PoolTotals }
  | { readonly kind: "unknown"; readonly pool: ResolvedPool; readonly why: string };

/** The totals of requests that belong to no pool; or why they are not known. */
export type SiteFacts = PoolTotals | { readonly kind: "unknown"; readonly why: string };

/** The parts that facts need. */
export interface FactsParts {
  readonly config: Pick<ResolvedConfig, "pools">;
  /** `undefined`: the bindings that they need are missing. */
  readonly pools: Pools | undefined;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
}

const UNBOUND = "POOL_OBJECT and SESSION_REPLICAS are not bound, so no object adds up what isolates report";

/** Asks the object of a pool, for an operator who watches. */
export async function factsOf(pool: ResolvedPool, { pools, awayMs }: FactsParts): Promise<PoolFacts> {
  if (!pools?.totals) return { kind: "unknown", pool, why: UNBOUND };
  const asked = [pools.look(pool.id, { awayMs }), pools.totals(pool.id, { watches: true, awayMs })] as const;
  const [looked, totals] = await Promise.all([soon(asked[0]), soon(asked[1])]);
  if (looked.kind === "unavailable") return { kind: "unknown", pool, why: describeFault(looked.cause) };
  if (totals.kind === "unavailable") return { kind: "unknown", pool, why: describeFault(totals.cause) };
  return { kind: "known", pool, looked, totals };
}

/** Asks the objects of all pools at once. */
export function factsOfAll(parts: FactsParts): Promise<PoolFacts[]> {
  return Promise.all(parts.config.pools.map((pool) => factsOf(pool, parts)));
}

/** Asks the object of the site. */
export async function factsOfSite({ pools, awayMs }: FactsParts): Promise<SiteFacts> {
  if (!pools?.totals) return { kind: "unknown", why: UNBOUND };
  const totals = await soon(pools.totals(SITE, { watches: true, awayMs }));
  return totals.kind === "totals" ? totals : { kind: "unknown", why: describeFault(totals.cause) };
}

import type { ResolvedPool, ResolvedSession } from "../../config/resolved.ts";
import type { Log } from "../../log.ts";
import type { Pools } from "./pool-contracts.ts";
import type { PoolState } from "./pool-state.ts";
import { createPoolView, type PoolView } from "./pool-view.ts";
import { probePlanOf } from "./probe-plan.ts";
import { createProbing } from "./probing.ts";
import type { Reporter } from "./reporter.ts";

/** The parts of a pool that requests need while operators change the pool and its object probes it. */
export interface LivePool extends PoolView {
  /** A session, which has come back, was served by an origin. */
  served(origin: string, session: string): void;
}

/** Makes the live part of a pool; `undefined`: operators cannot change the pool, and it is not probed. */
export type LivePools = (pool: ResolvedPool) => LivePool | undefined;

/** The parts that live pools work with. */
export interface LivePoolsParts {
  readonly pools: Pools;
  /** Reads the published state of a pool; `undefined`: no state has been published. @throws the reason why it could not be read. */
  readonly read: (pool: string) => Promise<PoolState | undefined>;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  /** Whether there are operators: without them what they have said once is not looked at. */
  readonly hasOperators: boolean;
  /** Takes the sessions that are seen on the origins of a pool. Default: nobody does. */
  readonly reporterOf?: ((pool: string) => Reporter) | undefined;
  /** Holds on to work behind the response. */
  readonly keepAlive: (work: Promise<unknown>) => void;
  readonly clock: () => number;
  /** A number from 0 to below 1, as `Math.random` gives. */
  readonly random: () => number;
  readonly log: Log;
}

/** The live pools of an isolate. */
export function createLivePools(parts: LivePoolsParts): LivePools {
  const { pools, read, awayMs, hasOperators, reporterOf, keepAlive, clock, random, log } = parts;
  return (config) => {
    const { id: pool } = config;
    const plan = probePlanOf(config);
    if (!plan && !hasOperators) return undefined;
    const view = createPoolView({ pool, read: () => read(pool), keepAlive, clock, log });
    const closures = hasOperators ? view.closures : () => undefined;
    const probing = plan && createProbing(() => pools.probe(pool, { plan, awayMs }), keepAlive, random);
    const reporter = reporterOf?.(pool);
    return {
      closures,
      unhealthy: plan ? view.unhealthy : () => undefined,
      look(now) {
        probing?.ask(now);
        return view.look(now);
      },
      served: (origin, session) => reporter?.see(origin, session),
    };
  };
}

/** The idle deadline is renewed when a tenth of the timeout has passed, so a session may live so much longer. */
const RENEWAL_SHARE = 0.1;

/** How long a session may be away without ending, and how long it may live, in milliseconds. */
export function sessionSpans({ idleSeconds, absoluteSeconds, remember }: ResolvedSession) {
  return {
    awayMs: Math.ceil(Math.max(idleSeconds, remember?.idleSeconds ?? 0) * 1000 * (1 + RENEWAL_SHARE)),
    lifeMs: Math.max(absoluteSeconds, remember?.absoluteSeconds ?? 0) * 1000,
  };
}

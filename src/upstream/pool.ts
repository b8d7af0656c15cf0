import type { ResolvedPool } from "../config/resolved.ts";
import type { Log, LogEntry } from "../log.ts";
import type { EjectedFlags } from "./affinity/affinity.ts";
import { closedSeconds, createClosings } from "./health/closings.ts";
import type { Health } from "./health/ejections.ts";
import { createOutlierDetection, type HealthChange, type OutlierDetection } from "./health/outlier-detection.ts";
import { createPanic, type Panic } from "./health/panic.ts";
import { createLearning, type Learning } from "./learn.ts";
import type { LivePool, LivePools } from "./live/live-pools.ts";
import { type ChoiceFacts, createOrder, either, fill } from "./order.ts";
import type { OriginTags } from "./origin-tags.ts";
import { createPins, type Pins } from "./pins.ts";
import { createReach, type Reach } from "./reach.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";
import { createSecondTries, type SecondTries } from "./second-tries.ts";

/** An origin as a request meets it. */
export interface Origin {
  readonly id: string;
  readonly index: number;
  readonly backup: boolean;
  readonly reach: Reach;
}

/** Servers that serve the same. */
export interface Pool {
  readonly config: ResolvedPool;
  /** As the configuration lists them. */
  readonly origins: readonly Origin[];
  readonly health: OutlierDetection;
  readonly panic: Panic;
  readonly retries: RetryBudget;
  readonly secondTries: SecondTries;
  readonly pins: Pins;
  /** `undefined`: the pool does not learn. */
  readonly learning: Learning | undefined;
  /** `undefined`: the pool is as it is configured, and is not probed. */
  readonly live: LivePool | undefined;
  /**
   * An origin has answered: what that tells of its health, and what it says itself.
   *
   * @param hears whether `Moor-Closed` counts.
   */
  answered(index: number, response: Response, now: number, hears: boolean): void;
  /**
   * The origins to try for a request, best first, at most {@link MAX_ORIGINS_TRIED}, never none unless it is `strict`.
   *
   * @param options.resendable whether the request could be sent again: only such a one may meet an origin that has to prove
   * itself.
   * @param options.strict whether it may meet its session's own origin alone. An ejected one is not asked: then there is none.
   * Default `false`.
   */
  choose(facts: ChoiceFacts, options: { resendable: boolean; strict?: boolean; now: number }): Origin[];
  /** Whether every origin is healthy, by what this isolate has met and by what probes say. */
  allHealthy(): boolean;
  /** Whether an origin is ejected, by what this isolate has met or by what probes say. */
  isEjected(index: number, now: number): boolean;
  /** Index of the origin that comes first when none is ejected. */
  homeOf(facts: ChoiceFacts, now: number): number | undefined;
  /**
   * Index of the session's own origin: the one that affinity gives it, though that may be ejected or closed. `undefined`: none.
   *
   * @param first the index that {@link Pool.choose} has just given first, which in a quiet pool is the same.
   */
  ownOf(facts: ChoiceFacts, first: number | undefined, now: number): number | undefined;
}

/** What a pool needs of the platform. */
export interface PoolBindings {
  /** Names origins in cookies. Needed by pools that learn. */
  readonly originTags?: OriginTags;
  /** The Worker's environment: service bindings by name. Needed by origins behind one. */
  readonly services?: Readonly<Record<string, unknown>>;
  /** What operators and probes say of origins at work. Default: nothing is asked. */
  readonly live?: LivePools | undefined;
  /** Takes what becomes of the health of origins. Default: nobody. */
  readonly log?: Log;
  /** A number from 0 (included) to 1 (not included). Default: `Math.random`. */
  readonly random?: () => number;
}

/** Origins that one request may try. */
export const MAX_ORIGINS_TRIED = 3;

/**
 * Compiles a pool: its affinity, with failed origins ejected by what this isolate's own requests have met.
 *
 * @throws TypeError if a binding is missing that the pool needs.
 */
export function createPool(config: ResolvedPool, bindings: PoolBindings = {}): Pool {
  const { originTags, services = {}, live: livePools, log = () => {}, random = Math.random } = bindings;
  const live = livePools?.(config);
  const order = createOrder(config, live?.closures);
  const origins = config.origins.map((origin, index): Origin => {
    return { id: origin.id, index, backup: origin.backup, reach: createReach(origin, config, services) };
  });
  if (config.learn && !originTags) throw new TypeError(`pool "${config.id}" learns, and no tags are given`);
  const health = createOutlierDetection({
    config: config.outlierDetection,
    size: origins.length,
    random,
    onChange: (change) => log(healthEntry(change, config)),
  });
  const panic = createPanic(config.origins, config.panicThresholdPercent, (isOn) =>
    log({ event: isOn ? "panic_began" : "panic_over", pool: config.id }),
  );
  const closings = createClosings(origins.length);
  const secondTries = createSecondTries(origins.length);
  const closedTo = (facts: ChoiceFacts, now: number) =>
    isKnown(facts) ? undefined : closings.closedTo(facts.bornAt, now);

  const allHealthy = () => health.allHealthy() && !live?.unhealthy();

  function stateOf({ id, index }: Origin, now: number): Health {
    return now < (live?.unhealthy()?.get(id) ?? 0) ? "ejected" : health.of(index, now);
  }

  /** `undefined`: every origin may serve. */
  function ejectedFor(resendable: boolean, now: number): EjectedFlags | undefined {
    const states = allHealthy() ? undefined : origins.map((origin) => stateOf(origin, now));
    if (panic.judge(states) || !states) return undefined;
    return Uint8Array.from(states, (it) => (it === "healthy" || (resendable && it === "half-open") ? 0 : 1));
  }

  return {
    config,
    origins,
    health,
    panic,
    learning: originTags && createLearning(config, originTags),
    live,
    answered(index, response, now, hears) {
      const seconds = closedSeconds(response, now, hears);
      if (seconds !== undefined && closings.close(index, seconds, now)) {
        const origin = origins[index]?.id ?? "";
        log({ event: "origin_closed", pool: config.id, origin, reason: `for ${seconds} s` });
      }
      secondTries.answered(index);
      // Who says when he will be back is not failing.
      health.answered(index, response.status >= 500 && seconds === undefined, now);
    },
    retries: createRetryBudget(config.retryBudget),
    secondTries,
    pins: createPins(config),
    choose(facts, { resendable, strict = false, now }) {
      if (strict) {
        const ejected = ejectedFor(true, now);
        return order(facts, 1, now).flatMap((index) => (ejected?.[index] ? [] : [origins[index] as Origin]));
      }
      const ejected = ejectedFor(resendable, now);
      const closed = closedTo(facts, now);
      const chosen = order(facts, MAX_ORIGINS_TRIED, now, closed ? either(closed, ejected) : ejected);
      if (closed) fill(chosen, order(facts, MAX_ORIGINS_TRIED, now, ejected), MAX_ORIGINS_TRIED);
      // Ejected ones come last, not never: health is what this isolate has seen, and that may be old.
      if (ejected && (resendable || chosen.length === 0))
        fill(chosen, order(facts, MAX_ORIGINS_TRIED, now), MAX_ORIGINS_TRIED);
      return chosen.map((index) => origins[index] as Origin);
    },
    allHealthy,
    isEjected: (index, now) => stateOf(origins[index] as Origin, now) === "ejected",
    homeOf(facts, now) {
      const closed = closedTo(facts, now);
      return order(facts, 1, now, closed)[0] ?? order(facts, 1, now)[0];
    },
    ownOf(facts, first, now) {
      const isQuiet = !facts.pin && allHealthy() && !closedTo(facts, now);
      return isQuiet ? first : order({ ...facts, pin: 0 }, 1, now)[0];
    },
  };
}

/** Whether the application has a session already, whose birth nobody knows. */
function isKnown({ learned }: ChoiceFacts): boolean {
  return learned?.value !== undefined;
}

function healthEntry(change: HealthChange, { id, origins }: ResolvedPool): LogEntry {
  const about = { pool: id, origin: origins[change.index]?.id ?? "" };
  if (change.kind === "returned") return { event: "origin_returned", ...about };
  return { event: "origin_ejected", ...about, reason: `${change.reason}; for ${change.forMs} ms` };
}

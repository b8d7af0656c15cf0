import type { EjectedFlags } from "../affinity/affinity.ts";
import type { ResolvedPool } from "../config/resolved.ts";
import { leftOut } from "../lib/build-flags.ts";
import type { Log, LogEntry } from "../log.ts";
import { createFormerPin, type FormerPin } from "./choose/former-balancer.ts";
import type { OriginTags } from "./choose/learn.ts";
import { createLearning, type Learning } from "./choose/learn.ts";
import { type ChoiceFacts, createOrder, either, fill } from "./choose/order.ts";
import { createPins, type Pins } from "./choose/pins.ts";
import { clientOf } from "./health/client.ts";
import { closedSeconds, createClosings } from "./health/closings.ts";
import type { Health } from "./health/ejections.ts";
import { createLossJudge, type LossJudge } from "./health/loss-judge.ts";
import { createOutlierDetection, type HealthChange, type OutlierDetection } from "./health/outlier-detection.ts";
import { createPanic, type Panic } from "./health/panic.ts";
import type { LivePool, LivePools } from "./live/live-pools.ts";
import { createReach, type Reach } from "./send/reach.ts";
import { createRetryBudget, type RetryBudget } from "./send/retries.ts";
import { createPublicAddresses, type PublicAddresses } from "./wire/public-addresses.ts";

/** An origin as a request meets it. */
export interface Origin {
  readonly id: string;
  readonly index: number;
  readonly backup: boolean;
  readonly reach: Reach;
  /** `undefined`: its responses keep the addresses that they name. */
  readonly addresses: PublicAddresses | undefined;
}

/** The origins that a request may meet. */
export interface Candidates {
  /** The origins to try, best first, at most {@link MAX_ORIGINS_TRIED}. Empty only if the request is `strict`. */
  readonly order: readonly Origin[];
  /**
   * Index of the session's own origin, which affinity gives it, even if that origin is ejected or closed. `undefined`:
   * there is no such origin.
   */
  readonly own: number | undefined;
  /** Whether no origin is left out for its health. */
  readonly isSteady: boolean;
}

/** Servers that serve the same. */
export interface Pool {
  readonly config: ResolvedPool;
  /** As the configuration lists them. */
  readonly origins: readonly Origin[];
  readonly health: OutlierDetection;
  readonly losses: LossJudge;
  readonly panic: Panic;
  readonly retries: RetryBudget;
  readonly pins: Pins;
  /** `undefined`: the pool follows no cookies of another balancer. */
  readonly formerPin: FormerPin | undefined;
  /** `undefined`: the pool does not learn. */
  readonly learning: Learning | undefined;
  /** `undefined`: the pool is as it is configured, and is not probed. */
  readonly live: LivePool | undefined;
  /**
   * Learns from an origin's answer: the sign of health that any answer gives, and the wishes that the answer states.
   *
   * @param hears whether the answer has a `Moor-Closed` that counts.
   */
  answered(index: number, response: Response, now: number, hears: boolean, session: string): void;
  /**
   * Whether a session that leaves an origin leaves it for more than a moment. That is so if the origin has failed to
   * prove itself, if probes call it unhealthy, or if it has closed itself to the session.
   */
  isLeftForGood(facts: ChoiceFacts, index: number, now: number): boolean;
  /**
   * Chooses the origins for a request.
   *
   * @param options.resendable whether the request could be sent again: only such a request may meet an origin that has
   * to prove itself.
   * @param options.strict whether the request may meet its session's own origin alone. An ejected origin is not asked:
   * then the list is empty. Default `false`.
   */
  choose(facts: ChoiceFacts, options: { resendable: boolean; strict?: boolean; now: number }): Candidates;
  /** Whether an origin is ejected, according to this isolate's own requests or to the probes. */
  isEjected(index: number, now: number): boolean;
  /** Index of the origin that comes first when no origin is ejected. */
  homeOf(facts: ChoiceFacts, now: number): number | undefined;
}

/** The parts of the platform that a pool needs. */
export interface PoolBindings {
  /** Names origins in cookies. Needed by pools that learn. */
  readonly originTags?: OriginTags;
  /** The Worker's environment: service bindings by name. Origins behind a service binding need it. */
  readonly services?: Readonly<Record<string, unknown>>;
  /** Changes by operators and verdicts of probes. Default: the pool has neither. */
  readonly live?: LivePools | undefined;
  /** Receives the changes of the origins' health. Default: they are not logged. */
  readonly log?: Log;
  /** A number from 0 (included) to 1 (not included). Default: `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds since 1970. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Holds on to work behind a response. Default: the work is not held. */
  readonly keepAlive?: (work: Promise<unknown>) => void;
}

/** How many origins a request may try. */
export const MAX_ORIGINS_TRIED = 3;

/**
 * Compiles a pool: its affinity, and the ejection of failed origins by this isolate's own requests.
 *
 * @throws TypeError if a binding is missing that the pool needs.
 */
export function createPool(config: ResolvedPool, bindings: PoolBindings = {}): Pool {
  const { originTags, services = {}, live: livePools, log = () => {}, random = Math.random } = bindings;
  const { clock = Date.now, keepAlive = () => {} } = bindings;
  const live = livePools?.(config);
  const pins = createPins(config);
  const order = createOrder(config, live?.closures, pins);
  const origins = config.origins.map((origin, index): Origin => {
    const addresses = config.rewrite ? createPublicAddresses(config, origin) : undefined;
    return { id: origin.id, index, backup: origin.backup, reach: createReach(origin, config, services), addresses };
  });
  if (typeof MOOR_FORMER_BALANCER !== "undefined" && !MOOR_FORMER_BALANCER && config.formerBalancer)
    leftOut("MOOR_FORMER_BALANCER", "a pool has formerBalancer");
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
  /** Whether an origin has ever closed itself: before that no session is looked up. */
  let hasClosed = false;
  const closeOn: readonly number[] = config.closeOn;
  /** If the application has the session already, its birth is unknown. */
  const closedTo = ({ learned, bornAt }: ChoiceFacts, now: number) =>
    learned?.value === undefined ? closings.closedTo(bornAt, now) : undefined;

  const allHealthy = () => health.allHealthy() && !live?.unhealthy();

  const losses = createLossJudge({
    config,
    reaches: config.origins.map((origin) => createReach(origin, { host: "origin" }, services)),
    health,
    clock,
    keepAlive,
  });
  const originAt = (index: number) => origins[index] as Origin;
  const unhealthyUntil = (index: number) => live?.unhealthy()?.get(origins[index]?.id ?? "") ?? 0;

  function stateOf(index: number, now: number): Health {
    return now < unhealthyUntil(index) ? "ejected" : health.of(index, now);
  }

  /** `undefined`: every origin may serve. */
  function ejectedFor(
    { clientIp, sessionId }: ChoiceFacts,
    resendable: boolean,
    now: number,
  ): EjectedFlags | undefined {
    const states = allHealthy() ? undefined : origins.map(({ index }) => stateOf(index, now));
    // An origin whose ejection is over is about to come back, so it does not count toward panic.
    const isPanic = panic.judge(states?.map((state) => (state === "half-open" ? "healthy" : state)));
    if (isPanic || !states) return undefined;
    const mayServe = (state: Health, index: number) =>
      state === "healthy" ||
      (state === "half-open" && resendable && losses.mayTry(index, clientOf(clientIp, sessionId), now));
    return Uint8Array.from(states, (state, index) => (mayServe(state, index) ? 0 : 1));
  }

  /** The origins that a request may not meet: the ejected origins, and the origin that its session avoids. */
  function awayFrom(facts: ChoiceFacts, resendable: boolean, now: number): EjectedFlags | undefined {
    const ejected = ejectedFor(facts, resendable, now);
    const shunned = losses.shunnedBy(facts.sessionId, now);
    if (shunned === undefined || panic.isOn) return ejected;
    const flags = Uint8Array.from(origins, ({ index }) => (index === shunned || ejected?.[index] ? 1 : 0));
    return flags.includes(0) ? flags : ejected;
  }

  /** For a request that may meet its session's own origin alone. */
  function ownAlone(facts: ChoiceFacts, now: number): number[] {
    const ejected = ejectedFor(facts, true, now);
    return order(facts, 1, now).filter((index) => !ejected?.[index]);
  }

  /** The best origins that there are while origins are ejected or closed, or the session avoids one. */
  function best(facts: ChoiceFacts, resendable: boolean, now: number, closed: EjectedFlags | undefined): number[] {
    const ejected = awayFrom(facts, resendable, now);
    const chosen = order(facts, MAX_ORIGINS_TRIED, now, closed ? either(closed, ejected) : ejected);
    if (closed) fill(chosen, order(facts, MAX_ORIGINS_TRIED, now, ejected), MAX_ORIGINS_TRIED);
    // An origin of which nothing is known comes before an origin that does not answer.
    if (ejected && chosen.length === 0) {
      const silent = Uint8Array.from(origins, ({ index }) => (stateOf(index, now) === "ejected" ? 1 : 0));
      fill(chosen, order(facts, MAX_ORIGINS_TRIED, now, silent), MAX_ORIGINS_TRIED);
    }
    // Ejected origins come last rather than never: health is only this isolate's own experience, and it may be out of
    // date.
    if (ejected && (resendable || chosen.length === 0))
      fill(chosen, order(facts, MAX_ORIGINS_TRIED, now), MAX_ORIGINS_TRIED);
    const [first] = chosen;
    if (first !== undefined && ejected && health.of(first, now) === "half-open") losses.beginTrial(first, now);
    return chosen;
  }

  return {
    config,
    origins,
    health,
    panic,
    learning: originTags && createLearning(config, originTags),
    live,
    losses,
    answered(index, response, now, hears, session) {
      const { status } = response;
      const mayClose = hears || closeOn.includes(status);
      const seconds = mayClose ? closedSeconds(response, closeOn, now, hears) : undefined;
      hasClosed ||= seconds !== undefined;
      if (seconds !== undefined && closings.close(index, seconds, now)) {
        const origin = origins[index]?.id ?? "";
        log({ event: "origin_closed", pool: config.id, origin, reason: `for ${seconds} s` });
      }
      if (losses.isUsed) losses.answered(index, session);
      // An origin that says when it will be back is not failing.
      health.answered(index, status >= 500 && seconds === undefined, now);
    },
    isLeftForGood(facts, index, now) {
      return losses.hasFailedProof(index, now) || now < unhealthyUntil(index) || closedTo(facts, now)?.[index] === 1;
    },
    retries: createRetryBudget(config.retryBudget),
    pins,
    formerPin:
      typeof MOOR_FORMER_BALANCER === "undefined" || MOOR_FORMER_BALANCER ? createFormerPin(config) : undefined,
    choose(facts, { resendable, strict = false, now }) {
      const isSteady = allHealthy() && !(losses.isUsed && losses.shunnedBy(facts.sessionId, now) !== undefined);
      const closed = hasClosed ? closedTo(facts, now) : undefined;
      const isUsual = isSteady && !panic.isOn && !closed;
      const chosen = strict
        ? ownAlone(facts, now)
        : isUsual
          ? order(facts, MAX_ORIGINS_TRIED, now)
          : best(facts, resendable, now, closed);
      const isOwnFirst = isSteady && !closed && !facts.pin;
      return {
        order: chosen.map(originAt),
        own: isOwnFirst ? chosen[0] : order({ ...facts, pin: 0 }, 1, now)[0],
        isSteady,
      };
    },
    isEjected: (index, now) => stateOf(index, now) === "ejected",
    homeOf(facts, now) {
      const closed = closedTo(facts, now);
      return order(facts, 1, now, closed)[0] ?? order(facts, 1, now)[0];
    },
  };
}

function healthEntry(change: HealthChange, { id, origins }: ResolvedPool): LogEntry {
  const about = { pool: id, origin: origins[change.index]?.id ?? "" };
  if (change.kind === "returned") return { event: "origin_returned", ...about };
  return { event: "origin_ejected", ...about, cause: change.cause, reason: `${change.reason}; for ${change.forMs} ms` };
}

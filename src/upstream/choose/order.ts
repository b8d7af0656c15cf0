import type { EjectedFlags } from "../../affinity/affinity.ts";
import { ALGORITHMS, algorithmOf } from "../../affinity/algorithms.ts";
import type { ResolvedPool } from "../../config/resolved.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import { type Closures, createClosing } from "./birth.ts";
import { hashKey } from "./hash-policy.ts";
import type { Learned } from "./learn.ts";
import { createNginxOrder } from "./nginx/order.ts";
import { createPins, type PinFacts, type Pins } from "./pins.ts";
import { createStepsAt } from "./slow-start.ts";
import { createZones } from "./zones.ts";

/** The facts that decide which origins a request meets. */
export interface ChoiceFacts extends PinFacts {
  /** The session's region of birth, as its token has it. Default 0: unknown. */
  readonly home?: number | undefined;
  /** What the application's cookie tells, in a pool that learns. */
  readonly learned?: Learned | undefined;
}

/** How many sessions of a pool are remembered with their origins, at least; at most twice as many. */
const REMEMBERED = 1024;

/**
 * The origins to try for a request, best first, as indices into the pool's list. Ejected origins are left out.
 *
 * @param now milliseconds since 1970.
 */
export type Order = (facts: ChoiceFacts, limit: number, now: number, ejected?: EjectedFlags) => number[];

/**
 * Compiles the affinity of a pool. Origins come in this order:
 *
 * - the origin that the application's cookie names, or the session's pin, if the pool uses either;
 * - the origins that nginx would choose, if the pool and the session's birth ask for that;
 * - `whrw1` by the pool's hash policy, of the origins that were open at the session's birth, with the session's zone
 *   first;
 * - the origins that are open now;
 * - the backups.
 *
 * An origin that is down is never in the list, and neither is an origin that all sessions have left. If operators have
 * closed all of these origins, their closures are ignored.
 *
 * @param closures the operators' closures of origins, as they are known now. Default: there are no closures.
 * @param poolPins the pins of the pool. Default: compiled from `config`.
 */
export function createOrder(
  config: ResolvedPool,
  closures?: () => Closures | undefined,
  poolPins: Pins = createPins(config),
): Order {
  const { origins, hashPolicy } = config;
  const nginx = createNginxOrder(config);
  const pins = config.failback === "pin" ? poolPins : undefined;
  const closing = createClosing(origins, closures);
  const configured = createClosing(origins);
  const stepsAt = createStepsAt(origins, config.slowStartSeconds, closures);
  const { create } = algorithmOf(config.affinity.algorithm) ?? ALGORITHMS.rendezvous;
  const primaries = create(origins.map((it) => ({ ...it, weight: it.down || it.backup ? 0 : it.weight })));
  const backups = create(origins.map((it) => ({ ...it, weight: it.backup && !it.down ? it.weight : 0 })));
  const zones = createZones(origins);
  const isBySession = hashPolicy.every(({ type }) => type === "session-id");
  const hasBackups = origins.some(({ backup }) => backup);
  /** The best primaries by the id of a session, while none is left out: they depend on nothing else then. */
  const remembered = new BoundedMap<string, { readonly limit: number; readonly best: readonly number[] }>(REMEMBERED);

  return (facts, limit, now, ejected) => {
    const { learned, bornAt, home = 0 } = facts;
    const closed = closing?.(now);
    const kept = learned?.origin ?? (facts.pin ? pins?.pinned(facts) : undefined);
    const mayStay = kept !== undefined && !ejected?.[kept] && !closed?.left[kept] && !origins[kept]?.down;
    let order = mayStay ? [kept] : [];
    const unborn = closed?.at(bornAt);
    const barred = unborn ? either(unborn, ejected) : ejected;
    if (nginx) fill(order, nginx(facts, limit, barred), limit);
    if (order.length === limit) return order;
    const key = learned?.value ?? (isBySession ? facts.sessionId : hashKey(hashPolicy, facts));
    // If the application already has the session, its birth is unknown.
    const steps = learned?.value === undefined ? stepsAt?.(bornAt) : undefined;
    const zone = zones?.(home, unborn);
    if (zone) {
      fill(order, primaries.order(key, limit, either(zone.near, barred), steps), Math.max(limit - 1, 1));
      // A region may be gone as a whole: the last try is elsewhere.
      fill(order, primaries.order(key, limit, either(zone.far, barred), steps), limit);
    }
    if (order.length < limit) {
      // A session that has just begun may never come back.
      const isUsual = isBySession && !learned && !facts.sessionIsFresh && !barred && !steps;
      const held = isUsual ? remembered.get(key) : undefined;
      const best = held?.limit === limit ? held.best : primaries.order(key, limit, barred, steps);
      if (isUsual && best !== held?.best) remembered.set(key, { limit, best });
      if (order.length === 0) order = [...best];
      else fill(order, best, limit);
    }
    if (closed && order.length < limit) {
      const shut = closed.at(now);
      const isSomeOpen = origins.some(({ down }, index) => !down && !shut[index]);
      const least = isSomeOpen ? shut : configured?.(now)?.at(now);
      fill(order, primaries.order(key, limit, least ? either(least, ejected) : ejected), limit);
    }
    // New sessions get an origin that is about to leave rather than an origin that does not answer.
    if (closed && order.length === 0) fill(order, primaries.order(key, limit, either(closed.left, ejected)), limit);
    if (hasBackups && order.length < limit)
      fill(order, backups.order(key, limit, closed ? either(closed.left, ejected) : ejected), limit);
    return order;
  };
}

/** The origins that are left out for at least one of two reasons. */
export function either(one: EjectedFlags, other: EjectedFlags | undefined): EjectedFlags {
  return other ? one.map((flag, index) => flag | (other[index] as number)) : one;
}

/** Appends what is not there yet, up to `limit` in all. */
export function fill(order: number[], more: readonly number[], limit: number): void {
  for (const index of more) {
    if (order.length === limit) return;
    if (!order.includes(index)) order.push(index);
  }
}

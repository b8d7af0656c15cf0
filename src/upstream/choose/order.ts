import type { EjectedFlags } from "../../affinity/affinity.ts";
import { ALGORITHMS, algorithmOf } from "../../affinity/algorithms.ts";
import type { ResolvedPool } from "../../config/resolved.ts";
import { type Closures, createClosing } from "./birth.ts";
import { hashKey } from "./hash-policy.ts";
import type { Learned } from "./learn.ts";
import { createNginxOrder } from "./nginx/order.ts";
import { createPins, type PinFacts } from "./pins.ts";
import { createStepsAt } from "./slow-start.ts";
import { createZones } from "./zones.ts";

/** What decides which origins a request meets. */
export interface ChoiceFacts extends PinFacts {
  /** The session's region of birth, as its token has it. Default 0: unknown. */
  readonly home?: number | undefined;
  /** What the cookie of the application tells, in a pool that learns. */
  readonly learned?: Learned | undefined;
}

/**
 * The origins to try for a request, best first, as indices into the pool's list; those that are ejected are left out.
 *
 * @param now milliseconds since 1970.
 */
export type Order = (facts: ChoiceFacts, limit: number, now: number, ejected?: EjectedFlags) => number[];

/**
 * Compiles the affinity of a pool: the origin that the application's cookie tells, or the session's pin, if the pool says
 * so; then what nginx would choose, if pool and birth ask for that, and `whrw1` by the pool's hash policy, of the origins that
 * were open at the session's birth, those of its zone first; then those that are open now; then the backups. An origin that is down is never among them, nor one that all sessions have left; but if
 * operators have closed all of them, what they have said is put aside.
 *
 * @param closures what operators have said of the origins, as it is known now. Default: nothing.
 */
export function createOrder(config: ResolvedPool, closures?: () => Closures | undefined): Order {
  const { origins, hashPolicy } = config;
  const nginx = createNginxOrder(config);
  const pins = config.failback === "pin" ? createPins(config) : undefined;
  const closing = createClosing(origins, closures);
  const configured = createClosing(origins);
  const stepsAt = createStepsAt(origins, config.slowStartSeconds, closures);
  const { create } = algorithmOf(config.affinity.algorithm) ?? ALGORITHMS.rendezvous;
  const primaries = create(origins.map((it) => ({ ...it, weight: it.down || it.backup ? 0 : it.weight })));
  const backups = create(origins.map((it) => ({ ...it, weight: it.backup && !it.down ? it.weight : 0 })));
  const zones = createZones(origins);
  const hasBackups = origins.some(({ backup }) => backup);

  return (facts, limit, now, ejected) => {
    const { learned, bornAt, home = 0 } = facts;
    const closed = closing(now);
    const kept = learned?.origin ?? pins?.pinned(facts);
    const mayStay = kept !== undefined && !ejected?.[kept] && !closed?.left[kept] && !origins[kept]?.down;
    const order = mayStay ? [kept] : [];
    const unborn = closed?.at(bornAt);
    const barred = unborn ? either(unborn, ejected) : ejected;
    if (nginx) fill(order, nginx(facts, limit, barred), limit);
    if (order.length === limit) return order;
    const key = learned?.value ?? hashKey(hashPolicy, facts);
    // Of a session that the application has already nobody knows the birth.
    const steps = learned?.value === undefined ? stepsAt?.(bornAt) : undefined;
    const isShort = () => order.length < limit;
    const zone = zones?.(home, unborn);
    if (zone) {
      fill(order, primaries.order(key, limit, either(zone.near, barred), steps), Math.max(limit - 1, 1));
      // A region may be gone as a whole: the last try is elsewhere.
      fill(order, primaries.order(key, limit, either(zone.far, barred), steps), limit);
    }
    if (isShort()) fill(order, primaries.order(key, limit, barred, steps), limit);
    if (closed && isShort()) {
      const shut = closed.at(now);
      const isSomeOpen = origins.some(({ down }, index) => !down && !shut[index]);
      const least = isSomeOpen ? shut : configured(now)?.at(now);
      fill(order, primaries.order(key, limit, least ? either(least, ejected) : ejected), limit);
    }
    // Before one that does not answer, new sessions get one that is about to go.
    if (closed && order.length === 0) fill(order, primaries.order(key, limit, either(closed.left, ejected)), limit);
    if (hasBackups && isShort())
      fill(order, backups.order(key, limit, closed ? either(closed.left, ejected) : ejected), limit);
    return order;
  };
}

/** The origins that are left out for one reason or another. */
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

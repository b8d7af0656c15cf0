import { encodeUtf8, murmur3 } from "../../affinity/murmur3.ts";
import type { ResolvedPool } from "../../config/resolved.ts";
import { type HashFacts, hashKey } from "./hash-policy.ts";
import { nginxEndsAt } from "./nginx/order.ts";

/** The bit by which the pin of a move that may be over in a moment differs. */
const PROVISIONAL = 0x80000000;

/** The facts that tell where a session was served last. */
export interface PinFacts extends HashFacts {
  /** When the session was born, in milliseconds since 1970. */
  readonly bornAt: number;
  /**
   * From the token: the hash of the origin that served the session last, if that was not the session's own origin.
   * Default 0: there is no such origin.
   */
  readonly pin?: number | undefined;
}

/** Where the sessions of a pool were served last, as their tokens tell. */
export interface Pins {
  /** Index of the origin where a session is to stay; `undefined`: the session is pinned to no origin of this pool. */
  pinned(facts: PinFacts): number | undefined;
  /**
   * Index of the origin that served a session last, if it is a different origin from the one at `index`. It is only as
   * exact as the token.
   *
   * @param own as below.
   */
  movedFrom(facts: PinFacts, own: number | undefined, index: number): number | undefined;
  /**
   * The pin of a session after an origin has served it.
   *
   * @param own index of the session's own origin, which affinity gives it; `undefined`: it has no own origin.
   * @param index of the origin that has served it.
   * @param isForGood whether the origin that should have served the session is away for more than a moment. If not, the
   * session returns as soon as that origin answers. Until then its token only records which origin has served it.
   * @returns `undefined`: the token keeps its pin.
   */
  after(facts: PinFacts, own: number | undefined, index: number, isForGood?: boolean): number | undefined;
}

/**
 * Compiles the pins of a pool (docs/explanation/decisions/023).
 *
 * Pins are for sessions. If something else decides which origin serves (the application's cookie, another hash policy,
 * nginx's algorithms), no pin is read or written. No session is pinned to a backup, because a backup stands in for a
 * while only.
 */
export function createPins({ id: pool, origins, learn, hashPolicy, affinity }: ResolvedPool): Pins {
  const pins = origins.map((origin) => pinOf(pool, origin.id));
  const endsAt = nginxEndsAt(affinity);
  const isBySession = (facts: PinFacts) =>
    !learn && facts.bornAt >= endsAt && hashKey(hashPolicy, facts) === facts.sessionId;
  const provisional = pins.map(provisionalOf);
  const indexOf = (list: readonly number[], pin: number) => {
    const index = list.indexOf(pin);
    return index < 0 ? undefined : index;
  };
  const originOf = (pin: number) => indexOf(pins, pin) ?? indexOf(provisional, pin);

  return {
    pinned(facts) {
      const index = facts.pin && isBySession(facts) ? indexOf(pins, facts.pin) : undefined;
      return index === undefined || origins[index]?.backup ? undefined : index;
    },
    movedFrom(facts, own, index) {
      const { pin = 0 } = facts;
      if (own === undefined || (index === own && pin === 0) || !isBySession(facts)) return undefined;
      const last = originOf(pin) ?? own;
      return last === index ? undefined : last;
    },
    after(facts, own, index, isForGood = true) {
      const { pin = 0 } = facts;
      const served = (isForGood || pin === pins[index] ? pins[index] : provisional[index]) as number;
      const isAtHome = index === own;
      if (served === pin || own === undefined || (isAtHome && pin === 0)) return undefined;
      if (!isBySession(facts)) return undefined;
      // The pin of another pool is its business, until this pool needs the place.
      return isAtHome ? (originOf(pin) === undefined ? undefined : 0) : served;
    },
  };
}

const PIN_SEED = 0x85ebca77;

/** The hash by which a token names an origin: 1 to 4,294,967,295. It keeps its meaning for good, as tokens do. */
export function pinOf(pool: string, origin: string): number {
  // Ids have no slash, so no two of them read alike. 0 says that a token has no pin.
  return murmur3(encodeUtf8(`${pool}/${origin}`), PIN_SEED) || 1;
}

/** The pin that only records which origin has served a session, by the pin that keeps the session there. */
function provisionalOf(pin: number): number {
  return (pin ^ PROVISIONAL) >>> 0 || 1;
}

/**
 * The origin that a pin names. `isForGood`: the session stays there. Otherwise it returns to its own origin.
 *
 * @returns `undefined`: the pin names no origin of the pool.
 */
export function originOfPin(
  { id: pool, origins }: Pick<ResolvedPool, "id" | "origins">,
  pin: number,
): { readonly origin: string; readonly isForGood: boolean } | undefined {
  for (const { id } of origins) {
    const own = pinOf(pool, id);
    if (pin === own || pin === provisionalOf(own)) return { origin: id, isForGood: pin === own };
  }
  return undefined;
}

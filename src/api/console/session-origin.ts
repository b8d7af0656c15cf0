import { REGIONS } from "../../config/regions.ts";
import type { ResolvedPool } from "../../config/resolved.ts";
import { nginxEndsAt } from "../../upstream/choose/nginx/order.ts";
import { createOrder } from "../../upstream/choose/order.ts";
import { pinOf } from "../../upstream/choose/pins.ts";
import { closuresById } from "../../upstream/live/pool-state.ts";
import type { PoolFacts } from "./facts.ts";
import { illOrigins, unprovenOrigins } from "./health.ts";

/** A session as affinity looks at it. `token`: what only the token of its visitor knows; `undefined`: unknown. */
export interface Placed {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly bornAt: number;
  readonly token?: { readonly home: number; readonly pin: number } | undefined;
}

/** The origins of a session in a pool; or why they are not known. */
export type Placement =
  | { readonly kind: "unknown"; readonly why: string }
  | {
      readonly kind: "known";
      /** Whether the token may name another origin, where the session stays. */
      readonly mayBePinned: boolean;
      /** The origin that the token names; `undefined`: none, or unknown. */
      readonly pinned: string | undefined;
      /** The origins that are away now, as probes or most isolates say. */
      readonly away: readonly string[];
      /** Of the origins that would serve it now: those of which nothing tells whether they answer. */
      readonly unproven: readonly string[];
      /** One for all regions of birth, if regions make no difference or the region is known. */
      readonly orders: readonly BirthOrder[];
    };

/** The origins of a session that was born in one of these regions, best first. Empty: the region makes no difference. */
export interface BirthOrder {
  readonly regions: readonly string[];
  /** If all origins are well. */
  readonly own: string | undefined;
  /** Without the origins that are away now. */
  readonly now: readonly string[];
  /** If the first of them dies as well. */
  readonly next: readonly string[];
}

/** How many origins are shown. */
const SHOWN = 3;
/** A hash of the session alone reads no address. */
const NO_URL = new URL("https://session.invalid/");

/** Where the requests of a session go, by the rules by which requests are sent. */
export function placementOf(facts: PoolFacts, session: Placed, now: number): Placement {
  const { pool } = facts;
  if (facts.kind === "unknown") return { kind: "unknown", why: `the object of the pool did not answer (${facts.why})` };
  const { learn, hashPolicy, affinity, origins } = pool;
  if (learn) return { kind: "unknown", why: "a cookie of the application decides" };
  if (hashPolicy.some(({ type }) => type !== "session-id") || session.bornAt < nginxEndsAt(affinity)) {
    return { kind: "unknown", why: "the affinity of the pool hashes a part of the request, and not the session" };
  }
  const { state } = facts.looked;
  const closures = state && closuresById(state);
  const order = createOrder(pool, () => closures);
  const ill = illOrigins(facts, now);
  const isAway = origins.map(({ id }) => ill.has(id));
  const about = {
    sessionId: session.id,
    sessionIsFresh: false,
    headers: new Headers(),
    url: NO_URL,
    clientIp: undefined,
  };

  function orderFor(home: number): Omit<BirthOrder, "regions"> {
    const chosen = (limit: number, away?: readonly boolean[]) =>
      order(
        { ...about, bornAt: session.bornAt, home, pin: session.token?.pin ?? 0 },
        limit,
        now,
        away && Uint8Array.from(away, Number),
      );
    const current = chosen(SHOWN, isAway);
    const named = (indices: readonly number[]) => indices.map((index) => origins[index]?.id ?? "");
    const [first] = current;
    const dead = isAway.map((flag, index) => flag || index === first);
    return { own: named(chosen(1))[0], now: named(current), next: named(chosen(SHOWN - 1, dead)) };
  }

  const unproven = unprovenOrigins(facts, now);
  const homes = session.token ? [session.token.home] : [0, ...REGIONS.map((_, at) => at + 1)];
  const orders = together(homes.map((home) => [REGIONS[home - 1] ?? "unknown", orderFor(home)]));
  const serving = new Set(orders.flatMap(({ now: [serves] }) => serves ?? []));
  return {
    kind: "known",
    mayBePinned: pool.failback === "pin" && !session.token,
    pinned: pinnedTo(pool, session.token?.pin),
    away: [...ill],
    unproven: [...serving].filter((id) => unproven.has(id)),
    orders,
  };
}

/** The origin of a pool that a pin names. */
function pinnedTo({ id, origins, failback }: ResolvedPool, pin: number | undefined): string | undefined {
  return failback === "pin" ? origins.find((origin) => pinOf(id, origin.id) === pin)?.id : undefined;
}

/** Regions with the same order become one. */
function together(orders: readonly (readonly [region: string, order: Omit<BirthOrder, "regions">])[]): BirthOrder[] {
  const byOrder = Map.groupBy(orders, ([, order]) => JSON.stringify(order));
  return Array.from(byOrder.values(), (same) => ({
    ...(same[0] as (typeof orders)[number])[1],
    regions: byOrder.size === 1 ? [] : same.map(([region]) => region),
  }));
}

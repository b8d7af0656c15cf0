import { describe, expect, it } from "vitest";
import type { PoolFacts } from "../../../src/api/console/facts.ts";
import { placementOf } from "../../../src/api/console/session-origin.ts";
import { createOrder } from "../../../src/upstream/choose/order.ts";
import { pinOf } from "../../../src/upstream/choose/pins.ts";
import { pool, resolved } from "../../config/configs.ts";
import { T0 } from "../../support/time.ts";

const ISOLATES = { heard: 4, oldestAt: T0, colos: {}, builds: {}, ejecting: {}, panicking: 0, open: {} };

function factsFor(changes: object, ejecting: Record<string, Record<string, number>> = {}): PoolFacts {
  const [only] = resolved({ pools: [{ ...pool(), ...changes }] }).pools;
  if (!only) throw new Error("a pool is configured above");
  return {
    kind: "known",
    pool: only,
    looked: { kind: "known", state: undefined, bound: {} },
    totals: { kind: "totals", counts: {}, savedAt: T0, isolates: { ...ISOLATES, ejecting }, bound: {}, minutes: [] },
  };
}
const ORIGINS = ["a", "b", "c"].map((id) => ({ id, url: `https://${id}.example.com` }));
const session = { id: "AAAAAAAAAAAAAAAAAAAAAA", bornAt: T0 };

describe("the origins of a session, as the console names them", () => {
  it("are those to which its requests are sent, and the next if the first dies", () => {
    const facts = factsFor({ origins: ORIGINS });
    const url = new URL("https://shop.example/");
    const about = { sessionId: session.id, sessionIsFresh: false, headers: new Headers(), url, clientIp: undefined };
    const order = createOrder(facts.pool)({ ...about, bornAt: T0 }, 3, T0).map((at) => ORIGINS[at]?.id);
    expect(placementOf(facts, session, T0)).toMatchObject({
      kind: "known",
      pinned: undefined,
      away: [],
      orders: [{ regions: [], own: order[0], now: order, next: order.slice(1) }],
    });
  });

  it("name the origin that would serve it if nothing tells whether it answers", () => {
    const silent = factsFor({ origins: ORIGINS });
    const [own = ""] = ordersOf(silent)[0]?.now ?? [];
    expect(placementOf(silent, session, T0)).toMatchObject({ unproven: [own] });
    if (silent.kind !== "known") throw new Error("its object has answered");
    const counts = { [`moor_origin_responses_total{pool="shop",origin="${own}",status="2xx"}`]: 1 };
    const totals = { ...silent.totals, minutes: [{ at: T0 - 60_000, counts, bound: {} }] };
    expect(placementOf({ ...silent, totals } as PoolFacts, session, T0)).toMatchObject({ unproven: [] });
  });

  it("leave out an origin that more than half of the isolates have ejected", () => {
    const [own = ""] = ordersOf(factsFor({ origins: ORIGINS }))[0]?.now ?? [];
    expect(ordersOf(factsFor({ origins: ORIGINS }, { [own]: { FRA: 2 } }))[0]?.now[0]).toBe(own);
    const ejected = ordersOf(factsFor({ origins: ORIGINS }, { [own]: { FRA: 2, AMS: 1 } }));
    expect(ejected[0]?.own).toBe(own);
    expect(ejected[0]?.now).not.toContain(own);
  });

  it("depend on the region of birth if origins have regions, and are one order once the token is known", () => {
    const regions = ["weur", "weur", "enam"];
    const facts = factsFor({ origins: ORIGINS.map((origin, at) => ({ ...origin, region: regions[at] })) });
    const orders = ordersOf(facts);
    expect(orders.length).toBeGreaterThan(1);
    expect(orders.find((order) => order.regions.includes("enam"))?.own).toBe("c");
    const known = placementOf(facts, { ...session, token: { home: 2, pin: 0 } }, T0);
    expect(known).toMatchObject({ mayBePinned: false, orders: [{ regions: [], own: "c" }] });
  });

  it("begin with the pin of the token in a pool that pins", () => {
    const facts = factsFor({ origins: ORIGINS, failback: "pin" });
    expect(placementOf(facts, session, T0)).toMatchObject({ mayBePinned: true });
    for (const { id } of ORIGINS) {
      const token = { home: 0, pin: pinOf(facts.pool.id, id) };
      const placed = placementOf(facts, { ...session, token }, T0);
      expect(placed).toMatchObject({ mayBePinned: false, pinned: id });
      expect(placed.kind === "known" && placed.orders[0]?.now[0]).toBe(id);
    }
  });

  it.each([
    [{ hashPolicy: [{ type: "client-ip" }] }, "hashes a part of the request"],
    [
      {
        affinity: { algorithm: "nginx-ip-hash" },
        origins: ORIGINS.map((it) => ({ ...it, nginxServer: `${it.id}:80` })),
      },
      "hashes a part",
    ],
  ])("are not known if something else than the session decides: %j", (changes, why) => {
    const placed = placementOf(factsFor({ origins: ORIGINS, ...changes }), session, T0);
    expect(placed.kind === "unknown" && placed.why).toContain(why);
  });
});

function ordersOf(facts: PoolFacts) {
  const placed = placementOf(facts, session, T0);
  return placed.kind === "known" ? placed.orders : [];
}

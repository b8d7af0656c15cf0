import { describe, expect, it } from "vitest";
import type { AffinityConfig } from "../../../src/config/pool-types.ts";
import type { ResolvedOrigin } from "../../../src/config/resolved.ts";
import { createOrder } from "../../../src/upstream/choose/order.ts";
import { createPins, pinOf } from "../../../src/upstream/choose/pins.ts";
import { choiceFacts, poolConfig } from "../../support/pools.ts";
import { at, T0 } from "../../support/time.ts";

const NGINX_HASH = { algorithm: "nginx-hash", key: "$cookie_sid" } as const;

/** The origins of a pool of four, and how they are ordered for a request. */
function pool(affinity: AffinityConfig, changed: Record<string, Partial<ResolvedOrigin>> = {}) {
  const { origins, ...rest } = poolConfig(["a", "b", "c", "d"]);
  const own = origins.map((origin) => ({ ...origin, nginxServer: `${origin.id}:80`, ...changed[origin.id] }));
  const order = createOrder({ ...rest, origins: own, affinity });
  return (
    session: string,
    { sid, ...given }: { sid?: string; bornAt?: number; now?: number; ejected?: string[] } = {},
    limit = 4,
  ) => {
    const headers = new Headers(sid === undefined ? {} : { Cookie: `sid=${sid}` });
    const ejected = given.ejected && Uint8Array.from(own, ({ id }) => (given.ejected?.includes(id) ? 1 : 0));
    return order(choiceFacts(session, { headers, ...given }), limit, given.now ?? T0, ejected).map(
      (index) => own[index]?.id,
    );
  };
}

const sids = Array.from({ length: 50 }, (_, i) => `sid-${i}`);

describe("a session that comes back", () => {
  const ids = ["a", "b", "c", "d"];

  it("meets the same origins again, however many are asked for", () => {
    const [order, other] = [pool({ algorithm: "whrw1" }), pool({ algorithm: "whrw1" })];
    for (const limit of [4, 1, 3, 4]) expect(order("one", {}, limit)).toEqual(other("one", {}, 4).slice(0, limit));
  });

  it("meets no origin that has been ejected since, and the same ones after that", () => {
    const order = pool({ algorithm: "whrw1" });
    const before = order("one");
    const [own = ""] = before;
    expect(order("one", { ejected: [own] })).toEqual(before.slice(1));
    expect(order("one")).toEqual(before);
    expect([...before].sort()).toEqual(ids);
  });
});

describe("an algorithm of nginx", () => {
  it("goes before whrw1, whatever the session", () => {
    const order = pool(NGINX_HASH);
    for (const sid of sids) expect(order("one", { sid })).toEqual(order("other", { sid }));
    expect(new Set(sids.map((sid) => order("s", { sid })[0])).size).toBe(4);
  });

  it("leaves to whrw1 the choices that nginx would leave to round robin", () => {
    const order = pool(NGINX_HASH);
    const plain = pool({ algorithm: "whrw1" });
    for (const session of sids) expect(order(session)).toEqual(plain(session));
  });

  it("is followed by whrw1 over the rest, each origin once", () => {
    const order = pool(NGINX_HASH, { a: { weight: 50 } });
    for (const sid of sids) {
      const all = order("s", { sid, ejected: ["a"] });
      expect([...all].sort()).toEqual(["b", "c", "d"]);
    }
  });

  it("ends for sessions that are born at the cut-over or later; older sessions stay", () => {
    const order = pool({ ...NGINX_HASH, cutOver: new Date(at(60)).toISOString() });
    const before = pool(NGINX_HASH);
    const after = pool({ algorithm: "whrw1" });
    for (const sid of sids) {
      expect(order(sid, { sid, bornAt: at(59) })).toEqual(before(sid, { sid }));
      expect(order(sid, { sid, bornAt: at(60) })).toEqual(after(sid));
    }
  });

  it("does not count backups, and keeps the places of the others", () => {
    const order = pool(NGINX_HASH, { b: { backup: true } });
    const firsts = sids.map((sid) => order("s", { sid })[0]);
    expect(new Set(firsts)).toEqual(new Set(["a", "c", "d"]));
  });
});

describe("a backup", () => {
  it.each<AffinityConfig>([{ algorithm: "whrw1" }, NGINX_HASH])("comes after all others: %j", (affinity) => {
    const order = pool(affinity, { c: { backup: true } });
    for (const sid of sids) {
      expect(order(sid, { sid }).at(-1)).toBe("c");
      expect(order(sid, { sid, ejected: ["a", "b", "d"] })).toEqual(["c"]);
      expect(order(sid, { sid }, 3)).not.toContain("c");
    }
  });

  it("moves no session: the order of the other origins is the same as without it", () => {
    const [with_, without] = [pool({ algorithm: "whrw1" }, { c: { backup: true } }), pool({ algorithm: "whrw1" })];
    for (const sid of sids) expect(with_(sid, {}, 3)).toEqual(without(sid).filter((id) => id !== "c"));
  });
});

describe("an origin that is down", () => {
  it.each<AffinityConfig>([{ algorithm: "whrw1" }, NGINX_HASH])("is never chosen: %j", (affinity) => {
    const order = pool(affinity, { a: { down: true }, b: { down: true, backup: true } });
    for (const sid of sids) expect([...order(sid, { sid })].sort()).toEqual(["c", "d"]);
  });
});

describe("birth", () => {
  const time = (seconds: number) => new Date(at(seconds)).toISOString();
  const plain = pool({ algorithm: "whrw1" });

  it("keeps sessions off an origin that was added after it, and moves no session", () => {
    const order = pool({ algorithm: "whrw1" }, { d: { open: [{ from: time(60) }] } });
    for (const session of sids) {
      const old = order(session, { bornAt: at(59), now: at(1_000) }, 3);
      expect(old).toEqual(plain(session).filter((id) => id !== "d"));
      expect(order(session, { bornAt: at(60), now: at(1_000) })).toEqual(plain(session));
    }
  });

  it("brings no new session to an origin that is drained, and moves no session", () => {
    const order = pool({ algorithm: "whrw1" }, { d: { open: [{ until: time(60) }] } });
    for (const session of sids) {
      expect(order(session, { bornAt: at(59), now: at(1_000) })[0]).toBe(plain(session)[0]);
      expect(order(session, { bornAt: at(60), now: at(1_000) })).not.toContain("d");
    }
  });

  it("opens an origin again in another interval", () => {
    const order = pool({ algorithm: "whrw1" }, { d: { open: [{ until: time(60) }, { from: time(90) }] } });
    const drained = sids.filter((session) => plain(session)[0] === "d");
    const firsts = (bornAt: number) => new Set(drained.map((session) => order(session, { bornAt, now: at(1_000) })[0]));
    expect(firsts(at(59))).toEqual(new Set(["d"]));
    expect(firsts(at(75))).not.toContain("d");
    expect(firsts(at(90))).toEqual(new Set(["d"]));
  });

  it("is ignored when no origin is left that was open then: origins that are open now serve", () => {
    const old = { open: [{ until: time(60) }] };
    const order = pool({ algorithm: "whrw1" }, { a: old, b: old, c: { open: [] }, d: { open: [{ from: time(60) }] } });
    expect(order("s", { bornAt: at(0), now: at(1_000), ejected: ["a", "b"] })).toEqual(["d"]);
    expect([...order("s", { bornAt: at(0), now: at(1_000) }, 2)].sort()).toEqual(["a", "b"]);
    expect(order("s", { bornAt: at(0), now: at(1_000) })).not.toContain("c");
  });

  it("limits the choices of nginx's algorithms, too", () => {
    const order = pool(NGINX_HASH, { d: { open: [{ from: time(60) }] } });
    for (const sid of sids) expect(order("s", { sid, bornAt: at(0), now: at(1_000) }, 3)).not.toContain("d");
  });
});

describe("the origin that a cookie of the application names", () => {
  const order = createOrder(poolConfig(["a", "b", "c", "d"]));
  const of = (value: string | undefined, origin: number | undefined, ejected?: Uint8Array) =>
    order(choiceFacts("session-1", { learned: { value, origin } }), 4, T0, ejected);

  it("goes before everything else, unless that origin is ejected", () => {
    for (const origin of [0, 1, 2, 3]) {
      expect(of("any", origin)[0]).toBe(origin);
      const ejected = Uint8Array.from([0, 1, 2, 3], (index) => (index === origin ? 1 : 0));
      expect(of("any", origin, ejected)).toEqual(of("any", undefined).filter((index) => index !== origin));
    }
  });

  it("gets no session while it is down", () => {
    const { origins, ...rest } = poolConfig(["a", "b"]);
    const down = createOrder({ ...rest, origins: origins.map((it) => ({ ...it, down: it.id === "a" })) });
    expect(down(choiceFacts("s", { learned: { value: "any", origin: 0 } }), 2, T0)).toEqual([1]);
  });

  it("is otherwise chosen by the cookie's value: that is hashed in place of the session's id", () => {
    expect(of("session-2", undefined)).toEqual(order(choiceFacts("session-2"), 4, T0));
    expect(of(undefined, undefined)).toEqual(order(choiceFacts("session-1"), 4, T0));
  });
});

describe("a session's pin", () => {
  const config = poolConfig(["a", "b", "c", "d"]);
  const order = createOrder(config);
  const of = (pinned: string, ejected?: Uint8Array, by = order) =>
    by(choiceFacts("session-1", { pin: pinOf("shop", pinned) }), 4, T0, ejected);
  const plain = order(choiceFacts("session-1"), 4, T0);

  it("goes before affinity, which orders the rest; not while that origin is ejected", () => {
    for (const [index, { id }] of config.origins.entries()) {
      expect(of(id)).toEqual([index, ...plain.filter((other) => other !== index)]);
      const ejected = Uint8Array.from(config.origins, (_, other) => (other === index ? 1 : 0));
      expect(of(id, ejected)).toEqual(plain.filter((other) => other !== index));
    }
  });

  it("is read by the pins that the pool already has", () => {
    for (const [index] of config.origins.entries()) {
      const pins = { ...createPins(config), pinned: () => index };
      expect(createOrder(config, undefined, pins)(choiceFacts("session-1", { pin: 1 }), 1, T0)).toEqual([index]);
    }
  });

  it("is nothing to a pool that fails back at once", () => {
    const immediate = createOrder({ ...config, failback: "immediate" });
    for (const { id } of config.origins) expect(of(id, undefined, immediate)).toEqual(plain);
  });

  it("brings no session to an origin that is down or was taken out of the pool", () => {
    const down = createOrder({ ...config, origins: config.origins.map((it) => ({ ...it, down: it.id === "b" })) });
    expect(of("b", undefined, down)).not.toContain(1);
    expect(of("e")).toEqual(plain);
  });
});

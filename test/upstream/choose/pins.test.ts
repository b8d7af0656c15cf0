import { describe, expect, it } from "vitest";
import type { ResolvedPool } from "../../../src/config/resolved.ts";
import { createPins, originOfPin, pinOf } from "../../../src/upstream/choose/pins.ts";
import { choiceFacts, poolConfig } from "../../support/pools.ts";
import { at } from "../../support/time.ts";

const [A, B, OTHER] = [pinOf("shop", "a"), pinOf("shop", "b"), pinOf("blog", "a")] as const;
const [a, b] = [0, 1] as const;
const config = poolConfig(["a", "b", "c"]);
const pins = createPins(config);
const facts = (pin: number, given = {}) => choiceFacts("session-1", { pin, ...given });

describe("a pin", () => {
  it("is the hash of pool and origin, frozen as tokens are, and never 0", () => {
    expect([A, B, OTHER]).toEqual([0xe932bd6f, 0x376108f0, 0x41254e74]);
  });

  it("names an origin of its own pool, and no origin of another pool", () => {
    expect([A, B, OTHER, 12_345, 0].map((pin) => pins.pinned(facts(pin)))).toEqual([
      a,
      b,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("keeps no session on a backup, which stands in for a while, although it tells which sessions were there", () => {
    const origins = config.origins.map((origin) => ({ ...origin, backup: origin.id === "b" }));
    const withBackup = createPins({ ...config, origins });
    expect(withBackup.after(facts(0), a, b)).toBe(B);
    expect(withBackup.pinned(facts(B))).toBeUndefined();
    expect(withBackup.movedFrom(facts(B), a, a)).toBe(b);
    expect(withBackup.after(facts(B), a, a)).toBe(0);
  });
});

describe("after a response the pin", () => {
  it.each<[string, number, number | undefined, number, number | undefined]>([
    ["stays none, of a session at home", 0, a, a, undefined],
    ["names another origin that has served it", 0, a, b, B],
    ["stays, of a session that stays there", B, a, b, undefined],
    ["names the next, when that one is away as well", B, a, 2, pinOf("shop", "c")],
    ["goes, of a session that is at home again", B, a, a, 0],
    ["stays, if its own origin is now the one that it names", B, b, b, undefined],
    ["of another pool stays, while this one needs none", OTHER, a, a, undefined],
    ["of another pool gives way: there is one, and the newest wins", OTHER, a, b, B],
    ["stays none, where no origin is its own", 0, undefined, b, undefined],
  ])("%s", (_what, pin, own, served, after) => expect(pins.after(facts(pin), own, served)).toBe(after));
});

describe("after a move that may be over in a moment the pin", () => {
  const moved = pins.after(facts(0), a, b, false) as number;

  it("differs by one bit from the pin of a move for good: it tells which origin has served, and keeps no session there", () => {
    expect((moved ^ B) >>> 0).toBe(0x80000000);
    expect(pins.pinned(facts(moved))).toBeUndefined();
    expect(pins.movedFrom(facts(moved), a, a)).toBe(b);
  });

  it("is told apart from the pin of a move for good, and from pins of other pools", () => {
    expect([B, moved, OTHER, 0].map((pin) => originOfPin(config, pin))).toEqual([
      { origin: "b", isForGood: true },
      { origin: "b", isForGood: false },
      undefined,
      undefined,
    ]);
  });

  it.each<[string, number, number, boolean, number | undefined]>([
    ["stays while it lasts", moved, b, false, undefined],
    ["becomes one for good when the origin that was left has failed to prove itself", moved, b, true, B],
    ["goes when the session is at home again", moved, a, false, 0],
    ["does not loosen one that is for good", B, b, false, undefined],
  ])("%s", (_what, pin, served, isForGood, after) => expect(pins.after(facts(pin), a, served, isForGood)).toBe(after));
});

describe("an origin is told that another has served the session last", () => {
  it.each<[string, number, number | undefined, number, number | undefined]>([
    ["when its own could not be reached", 0, a, b, a],
    ["when it comes home", B, a, a, b],
    ["when it goes on, from the one where it was", B, a, 2, b],
    ["not at home", 0, a, a, undefined],
    ["not where it was last", B, a, b, undefined],
    ["not at home, by a pin of another pool", OTHER, a, a, undefined],
    ["as of its own, by a pin of another pool", OTHER, a, b, a],
    ["not where no origin is its own", 0, undefined, b, undefined],
  ])("%s", (_what, pin, own, index, from) => expect(pins.movedFrom(facts(pin), own, index)).toBe(from));
});

describe("where something other than the session decides, no pin is read and none written:", () => {
  it.each<[string, Partial<ResolvedPool>, object]>([
    ["the cookie of its application", { learn: { cookie: "sid", ignoreCase: false } }, {}],
    [
      "another hash policy",
      { hashPolicy: [{ type: "header", name: "X-Tenant" }, { type: "session-id" }] },
      { headers: new Headers({ "X-Tenant": "1" }) },
    ],
    ["an algorithm of nginx", { affinity: { algorithm: "nginx-ip-hash" } }, {}],
    [
      "one of nginx, before its cut-over",
      { affinity: { algorithm: "nginx-ip-hash", cutOver: new Date(at(60)).toISOString() } },
      { bornAt: at(59) },
    ],
  ])("%s", (_what, given, request) => {
    const others = createPins({ ...config, ...given });
    expect(others.pinned(facts(B, request))).toBeUndefined();
    expect(others.after(facts(0, request), a, b)).toBeUndefined();
    expect(others.movedFrom(facts(B, request), a, a)).toBeUndefined();
    expect(others.after(facts(B, request), a, a)).toBeUndefined();
  });

  it("but they are where it leaves that to the session", () => {
    const policies = createPins({
      ...config,
      hashPolicy: [{ type: "header", name: "X-Tenant" }, { type: "session-id" }],
    });
    expect([policies.pinned(facts(B)), policies.after(facts(0), a, b)]).toEqual([b, B]);
    const cutOver = new Date(at(60)).toISOString();
    const nginx = createPins({ ...config, affinity: { algorithm: "nginx-ip-hash", cutOver } });
    expect(nginx.pinned(facts(B, { bornAt: at(60) }))).toBe(b);
  });
});

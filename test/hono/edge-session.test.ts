import { describe, expect, it } from "vitest";
import { askedNothing, EdgeSession, intentOf } from "../../src/hono/edge-session.ts";
import type { View } from "../../src/session/record.ts";
import { copyOf, sessionOf, unsavedSession } from "../support/sessions.ts";

interface Shop {
  basket?: Record<string, number>;
  coupon?: string;
  list?: string[];
}

function edge(given: Partial<View> = {}, { remembers = false, flash = {} } = {}) {
  const view = copyOf("s", given);
  const session = sessionOf(view, { flash });
  const asked = askedNothing();
  return { asked, view, session: new EdgeSession<Shop>(session, asked, remembers) };
}
const unknown = () => new EdgeSession<Shop>(unsavedSession(false), askedNothing(), false);
const basket = { apples: 1, pears: 2 };

describe("a session at the edge", () => {
  it("shows what is stored", () => {
    const { session } = edge({ principal: "alice", generation: 2, version: 7, attributes: { basket } });
    expect(session).toMatchObject({
      id: "s",
      principal: "alice",
      generation: 2,
      version: 7,
      isNew: false,
      stale: false,
    });
    expect(session.get("basket")).toEqual(basket);
    expect(session.get("coupon")).toBeUndefined();
    expect(session.attributes).toEqual({ basket });
  });

  it("is new and empty if nothing is", () => {
    expect(unknown()).toMatchObject({ isNew: true, version: 0, generation: 0, principal: undefined, flash: {} });
    expect(unknown().attributes).toEqual({});
  });

  it("shows copies: what a handler does to them changes neither the session nor what others are shown", () => {
    const { session, view, asked } = edge({ attributes: { basket: { apples: 1 } } }, { flash: { notice: { a: 1 } } });
    const read = session.get("basket");
    if (read) read.apples = 9;
    Object.assign(session.attributes, { coupon: "10" });
    Object.assign(session.flash, { notice: 2 });
    expect(session.attributes).toEqual({ basket: { apples: 1 } });
    expect(session.flash).toEqual({ notice: { a: 1 } });
    expect(view.attributes).toEqual({ basket: { apples: 1 } });
    expect(asked).toEqual(askedNothing());
  });

  it("takes names of Object's own for names like any other", () => {
    const session = unknown() as unknown as EdgeSession;
    expect(session.get("constructor")).toBeUndefined();
    session.set("__proto__", { polluted: 1 });
    expect(session.get("__proto__")).toEqual({ polluted: 1 });
    expect(Object.keys(session.attributes)).toEqual(["__proto__"]);
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("a change", () => {
  it("is seen by who asked for it, and asked for in its order", () => {
    const { session, asked } = edge({ attributes: { basket, coupon: "10" } });
    session.set("basket", { plums: 1 });
    session.patch({ basket: { figs: 2, plums: null } });
    session.delete("coupon");
    session.set("list", ["a"]);
    expect(session.attributes).toEqual({ basket: { figs: 2 }, list: ["a"] });
    expect(intentOf(asked).patches).toEqual([
      { basket: null, coupon: null, list: ["a"] },
      { basket: { figs: 2, plums: null } },
    ]);
  });

  it("folds into those before it: a thousand objects that are set, patched and left for the next page take two patches", () => {
    const { session, asked } = edge({ attributes: { basket } });
    for (let n = 0; n < 1_000; n++) {
      session.set("basket", { plums: n });
      session.patch({ basket: { [`figs${n}`]: 1 } });
      session.setFlash("notice", `${n}`);
    }
    expect(session.get("basket")).toEqual({ plums: 999, figs999: 1 });
    expect(intentOf(asked)).toMatchObject({
      patches: [{ basket: null }, { basket: { plums: 999, figs999: 1 } }],
      flash: [{ notice: "999" }],
    });
  });

  it("that would be the 65th patch of an attribute is refused, and those before it stay", () => {
    const { asked, session: typed } = edge();
    const session = typed as unknown as EdgeSession;
    const alternate = () => {
      for (let n = 0; n < 100; n++) {
        session.patch({ basket: { apples: null } });
        session.patch({ basket: { apples: { n } } });
      }
    };
    expect(alternate).toThrow(expect.objectContaining({ code: "change-too-large" }));
    expect(intentOf(asked).patches).toHaveLength(64);
    session.set("coupon", "10");
    expect(session.get("coupon")).toBe("10");
  });

  it("is a copy of what was given", () => {
    const { session, asked } = edge();
    const given = { apples: 1 };
    session.set("basket", given);
    given.apples = 9;
    expect([session.get("basket"), intentOf(asked).patches.at(-1)]).toEqual([{ apples: 1 }, { basket: { apples: 1 } }]);
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["a null in an object", { a: null }],
    ["undefined", undefined],
    ["a number that JSON has not", Number.NaN],
    ["a function", () => {}],
    ["what nests too deep", Array.from({ length: 40 }).reduce<unknown>((inner) => ({ a: inner }), 1)],
  ])("to %s is a TypeError, and asks for nothing", (_what, value) => {
    const { session, asked } = edge();
    expect(() => session.set("basket", value as Record<string, number>)).toThrow(TypeError);
    expect(asked).toEqual(askedNothing());
  });

  it.each([[[]], "text", 1, null])("is no patch if it is %j", (patch) => {
    expect(() => edge().session.patch(patch as object)).toThrow(TypeError);
  });

  it("of the flash is for the next page: this one is shown its own", () => {
    const { session, asked } = edge({}, { flash: { notice: "old" } });
    session.setFlash("notice", "new");
    expect(session.flash).toEqual({ notice: "old" });
    expect(intentOf(asked).flash).toEqual([{ notice: "new" }]);
  });
});

describe("a login", () => {
  it("is seen at once, and keeps the attributes of who was nobody, or the same", () => {
    for (const principal of [undefined, "alice"]) {
      const { session, asked } = edge({ attributes: { basket }, ...(principal && { principal }) });
      session.login("alice");
      expect([session.principal, session.get("basket")]).toEqual(["alice", basket]);
      expect(asked).toMatchObject({ principal: "alice", remember: false });
    }
  });

  it("of another begins with what this request has changed alone", () => {
    const { session } = edge({ principal: "alice", attributes: { basket, coupon: "10" } });
    session.set("list", ["a"]);
    session.login("bob");
    session.patch({ basket: { figs: 1 } });
    expect(session.attributes).toEqual({ list: ["a"], basket: { figs: 1 } });
  });

  it.each(["", "a b", "ä", "x".repeat(257)])("as %j is a TypeError", (principal) => {
    expect(() => edge().session.login(principal)).toThrow(TypeError);
  });

  it("is remembered only where the configuration says how", () => {
    expect(() => edge().session.login("alice", { remember: true })).toThrow("session.remember");
    const { session, asked } = edge({}, { remembers: true });
    session.login("alice", { remember: true });
    expect(asked.remember).toBe(true);
  });
});

describe("an end", () => {
  it("leaves nothing of what was asked before, and takes nothing after", () => {
    const { session, asked } = edge({ principal: "alice", attributes: { basket } });
    session.set("coupon", "10");
    session.setFlash("a", 1);
    session.login("bob");
    session.rotate();
    session.end();
    session.end();
    expect(asked).toEqual({ ...askedNothing(), end: true });
    expect([session.principal, session.attributes]).toEqual([undefined, {}]);
    for (const late of [() => session.set("coupon", "10"), () => session.login("bob"), () => session.rotate()])
      expect(late).toThrow(expect.objectContaining({ name: "MoorHonoError", code: "session-ended" }));
  });
});

describe("once the handlers have returned", () => {
  it("no change is taken any more, and what was is still shown", () => {
    const { session, asked } = edge();
    session.set("coupon", "10");
    asked.closed = true;
    const late = [
      () => session.set("coupon", "20"),
      () => session.delete("coupon"),
      () => session.patch({}),
      () => session.setFlash("a", 1),
      () => session.login("alice"),
      () => session.rotate(),
      () => session.end(),
    ];
    for (const change of late) expect(change).toThrow(expect.objectContaining({ code: "session-committed" }));
    expect([session.get("coupon"), intentOf(asked).patches]).toEqual(["10", [{ coupon: "10" }]]);
  });
});

/** @quick */
import { describe, expect, it } from "vitest";
import { type Explain, readExplain, readServerTiming, sourceName } from "../../demo/explain.ts";
import { linesOf } from "../../demo/goods.ts";
import { html } from "../../demo/html.ts";
import { type ShopView, shopPage } from "../../demo/shop-page.ts";

describe("html", () => {
  it("escapes every value, and leaves HTML as it is", () => {
    const inner = html`<b>${"<i>&\"'"}</b>`;
    expect(html`<p title="${'"x"'}">${[inner, inner]}${undefined}${0}</p>`.text).toBe(
      '<p title="&#34;x&#34;"><b>&#60;i&#62;&#38;&#34;&#39;</b><b>&#60;i&#62;&#38;&#34;&#39;</b>0</p>',
    );
  });

  it("keeps a backslash", () => {
    expect(html`\\ ${"\\n"}`.text).toBe("\\ \\n");
  });
});

describe("the page's explanation of Moor's decisions", () => {
  const NOTHING: Explain = {
    source: "",
    version: 0,
    ageSeconds: undefined,
    tookMs: 0,
    passed: new Map(),
    isStale: false,
    isJournaled: false,
    isMarked: false,
    breakers: new Map(),
    origin: undefined,
    attempts: 0,
    written: undefined,
  };
  const REDIS =
    "session=redis; version=4; journaled; marked; passed=memory:age,object:unavailable; object=open; took=3ms";
  const READ: Explain = {
    ...NOTHING,
    source: "redis",
    version: 4,
    tookMs: 3,
    passed: new Map([
      ["memory", "age"],
      ["object", "unavailable"],
    ]),
    isJournaled: true,
    isMarked: true,
    breakers: new Map([["object", "open"]]),
  };

  it.each<[string | undefined, Partial<Explain>]>([
    ["session=memory; version=4; age=2s", { source: "memory", version: 4, ageSeconds: 2 }],
    [REDIS, READ],
    ["age=x;session = new ;later=1; stale", { source: "new", isStale: true }],
    ["", {}],
    [undefined, {}],
  ])("is read from %j", (header, explain) => {
    expect(readExplain(header)).toEqual({ ...NOTHING, ...explain });
  });

  it("is found in Server-Timing, among others", () => {
    const answered = { ...READ, origin: "a", attempts: 2, written: "journal" };
    const header = `db;dur=53, moor;desc="${REDIS}; origin=a; attempts=2; written=journal", x;desc="session=no"`;
    expect(readServerTiming(header)).toEqual(answered);
    for (const none of [null, "", 'amoor;desc="session=kv"']) expect(readServerTiming(none)).toEqual(NOTHING);
  });

  it.each([
    ["session=memory", "a recent copy in Moor’s memory"],
    ["session=kv", "a replica in KV"],
    ["session=later", "later"],
    ["", "not told"],
  ])("has a name for where the session was read: %j", (header, name) => {
    expect(sourceName(readExplain(header))).toBe(name);
  });
});

describe("the basket", () => {
  it("has the goods that exist, whatever the attribute holds", () => {
    const counts = (basket: Parameters<typeof linesOf>[0]) =>
      linesOf(basket).map(({ good: { sku }, count }) => [sku, count]);
    expect(counts({ mug: 1, rope: 2 })).toEqual([
      ["rope", 2],
      ["mug", 1],
    ]);
    expect(counts({ rope: -1, mug: "2", compass: 0, lantern: 1e9, toString: 3 })).toEqual([["lantern", 99]]);
    for (const basket of [undefined, null, "rope", ["rope"], 4]) expect(counts(basket)).toEqual([]);
  });
});

describe("the page", () => {
  const view: ShopView = {
    server: "a",
    servers: [
      { id: "a", state: "running" },
      { id: "b", state: "running" },
      { id: "c", state: "stopped" },
    ],
    sessionId: "AbCdEfGhIjKlMnOpQrStUv",
    version: 3,
    user: "<script>",
    isOfProvider: false,
    lines: [],
    explain: readExplain("session=<b>; age=2s"),
    stopped: undefined,
    loginProblem: undefined,
  };

  it("shows the id's first 8 characters and no more", () => {
    expect(shopPage(view)).toContain(">AbCdEfGh<");
    expect(shopPage(view)).not.toContain("AbCdEfGhI");
  });

  it("escapes text that a visitor or Moor brought", () => {
    expect(shopPage(view)).not.toMatch(/<script>|<dd id="source"><b>/);
  });

  it("warns before the last server is stopped, and only then", () => {
    const others = (state: "running" | "stopped") => [
      { id: "a", state: "running" as const },
      { id: "b", state },
    ];
    const warning = "it starts again by itself after\n10 seconds";
    expect(shopPage({ ...view, servers: others("stopped") })).toContain(warning);
    expect(shopPage({ ...view, servers: others("running") })).not.toContain(warning);
  });

  it("does not say that a server is gone which runs, or which does not exist", () => {
    for (const stopped of ["b", "x", "<script>"]) expect(shopPage({ ...view, stopped })).not.toContain("is gone");
    expect(shopPage({ ...view, stopped: "c" })).toContain("Server C is gone, server A took over.");
  });
});

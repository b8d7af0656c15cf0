import { describe, expect, it } from "vitest";
import { readExplain } from "../../demo/explain.ts";
import { linesOf } from "../../demo/goods.ts";
import { html } from "../../demo/html.ts";
import { type ShopView, shopPage } from "../../demo/pages.ts";

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

describe("Moor-Explain", () => {
  it.each([
    ["session=memory; version=4; age=2", { source: "a recent copy in Moor’s memory", ageSeconds: 2 }],
    ["session=object", { source: "its Durable Object", ageSeconds: undefined }],
    ["age=x;session = new ", { source: "nowhere: nothing is stored before the first change", ageSeconds: undefined }],
    ["session=kv", { source: "kv", ageSeconds: undefined }],
    ["", { source: "not told", ageSeconds: undefined }],
    [undefined, { source: "not told", ageSeconds: undefined }],
  ])("reads %j", (header, explain) => {
    expect(readExplain(header)).toEqual(explain);
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
    lines: [],
    explain: { source: "<b>", ageSeconds: 2 },
    stopped: undefined,
    loginProblem: undefined,
  };

  it("shows the id's first 8 characters and no more", () => {
    expect(shopPage(view)).toContain(">AbCdEfGh<");
    expect(shopPage(view)).not.toContain("AbCdEfGhI");
  });

  it("escapes what a visitor or Moor brought", () => {
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

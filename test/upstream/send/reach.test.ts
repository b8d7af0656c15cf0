import { afterEach, describe, expect, it, vi } from "vitest";
import type { ResolvedOrigin } from "../../../src/config/resolved.ts";
import { createReach } from "../../../src/upstream/send/reach.ts";
import { answerAs } from "../../support/origins.ts";
import { poolConfig } from "../../support/pools.ts";

afterEach(() => vi.restoreAllMocks());

const origin = (given: Partial<ResolvedOrigin>) => ({ ...poolConfig(["a"]).origins[0], ...given }) as ResolvedOrigin;

/** The request that reaches the network. */
async function sentTo(url: string, host: "origin" | "client", target: string) {
  const { sent } = answerAs({ a: [() => new Response()], shop: [() => new Response()] });
  await createReach(origin({ url }), { host }, {})(target, { method: "PUT" }, { hostname: "shop.test" });
  return sent[0];
}

describe("an origin", () => {
  it.each([
    ["http://a.test", "/x?y=1", "http://a.test/x?y=1"],
    ["https://a.test:8443/", "/x", "https://a.test:8443/x"],
    ["https://a.test/base/app/", "/x", "https://a.test/base/app/x"],
    ["https://a.test/base", "/", "https://a.test/base/"],
  ])("at %s gets %s at its own address", async (url, target, expected) => {
    const sent = await sentTo(url, "origin", target);
    expect(sent).toMatchObject({ url: expected, method: "PUT" });
    expect(sent).not.toHaveProperty("cf");
  });

  it.each([
    ["http://a.test", "http://shop.test/x"],
    ["https://a.test:8443/base/", "https://shop.test:8443/base/x"],
  ])("at %s sees the client's Host when the pool says so, and is resolved by its own name", async (url, expected) => {
    expect(await sentTo(url, "client", "/x")).toMatchObject({
      url: expected,
      method: "PUT",
      cf: { resolveOverride: "a.test" },
    });
  });

  it("behind a service binding gets requests through that, by its own address", async () => {
    const asked: [string, unknown][] = [];
    const service = {
      async fetch(url: string, init: unknown) {
        asked.push([url, init]);
        return new Response("from the service");
      },
    };
    const reach = createReach(
      origin({ url: "https://a.test/base", service: "SHOP" }),
      { host: "origin" },
      { SHOP: service },
    );
    const response = await reach("/x", { method: "PUT" }, { hostname: "shop.test" });
    expect(await response.text()).toBe("from the service");
    expect(asked).toMatchObject([["https://a.test/base/x", { method: "PUT" }]]);
  });

  it.each<[string, "origin" | "client", string | null]>([
    ["https://a.test", "origin", null],
    ["https://a.test/", "client", null],
    ["https://a.test/base/", "origin", "/"],
    ["https://a.test/base", "client", "/"],
  ])("at %s with Host of the %s is told of the public path that stands for its own: %s", async (url, host, prefix) => {
    const { sent } = answerAs({ a: [() => new Response()], shop: [() => new Response()] });
    const headers = new Headers({ "X-A": "1" });
    await createReach(origin({ url }), { host }, {})("/x", { headers }, { hostname: "shop.test" });
    const told = new Headers(sent[0]?.headers);
    expect([told.get("X-Forwarded-Prefix"), told.get("X-A")]).toEqual([prefix, "1"]);
    // The next origin gets the same headers, and may have no base path.
    expect(headers.has("X-Forwarded-Prefix")).toBe(false);
  });

  it.each([{}, { SHOP: "text" }, { SHOP: undefined }])("needs the binding that it names: %j", (services) => {
    expect(() => createReach(origin({ service: "SHOP" }), { host: "origin" }, services)).toThrow(
      new TypeError('origin a: service "SHOP" is no service binding; wrangler.toml needs [[services]] with it'),
    );
  });
});

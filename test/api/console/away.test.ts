import { describe, expect, it } from "vitest";
import { createConsole } from "../../../src/api/console/console.ts";
import { readConfig } from "../../../src/config/read.ts";
import { createMemory } from "../../../src/store/memory.ts";
import type { Pools } from "../../../src/upstream/live/pool-contracts.ts";
import { macRing } from "../../support/rings.ts";

const never = () => new Promise<never>(() => {});
const read = readConfig({
  pools: [{ id: "shop", origins: [{ id: "a", url: "https://a.shop.example" }] }],
  admin: { console: true },
  principals: {},
});
if (read.kind === "invalid") throw new Error(JSON.stringify(read.mistakes));
const { admin } = read.config;
if (!admin) throw new Error("admin is configured above");

/** The console while no store and no object answers. */
const app = createConsole({
  config: { ...read.config, admin },
  access: async (headers) =>
    headers.has("Cf-Access-Jwt-Assertion") ? { kind: "admin", who: "access:eve@example.com" } : { kind: "nobody" },
  tokenRing: macRing(1),
  sessions: { look: never, end: never },
  stores: {
    authority: "object",
    sessions: { look: never },
    memory: createMemory(),
    replicas: { name: "kv", read: never, keep: never },
    fallback: { name: "redis", read: never },
  },
  openSince: () => ({ redis: Date.now() - 90_000 }),
  issuer: "https://shop.example",
  principals: { reserve: never, confirm: never, forget: never, list: never, count: never, endAll: never },
  pools: {
    look: never,
    change: never,
    see: never,
    totals: never,
    audit: never,
    audited: never,
    probe: never,
  } satisfies Pools,
  breakers: [],
  clock: Date.now,
});
const SESSION = "A".repeat(22);

async function open(path: string): Promise<{ status: number; text: string; tookMs: number }> {
  const beganAt = Date.now();
  const headers = { "Cf-Access-Jwt-Assertion": "eve" };
  const response = await app.request(`http://localhost${path}`, { headers }, { log: () => {} });
  return { status: response.status, text: await response.text(), tookMs: Date.now() - beganAt };
}

describe("a page of the console while no store and no object answers", () => {
  it.each([
    ["/", 200, "Nothing is known of the pool shop."],
    ["/pools", 200, "open by configuration"],
    ["/pools/shop", 200, "So there are no actions here"],
    ["/stores", 200, "not known: Error: no answer within 1000 ms"],
    ["/audit", 200, "these objects did not answer: shop, ~site"],
    ["/configuration", 200, "not known"],
    ["/sessions", 200, "Find sessions"],
    ["/sessions?of=alice", 200, "Nothing is known, and nothing was changed"],
    ["/sessions/end-all?of=alice", 200, "Nothing is known, and nothing was changed"],
    [`/sessions/${SESSION}`, 200, "its authority did not answer, and no other store that answers has a copy"],
    [`/sessions/${SESSION}/end`, 200, "It cannot be undone"],
    ["/pools/shop/origins/a/drain", 200, "Nothing was changed. Try again."],
  ])("%s says within two seconds what it does not know", async (path, status, text) => {
    const page = await open(path);
    expect([page.status, page.text.includes(text)]).toEqual([status, true]);
    expect(page.tookMs).toBeLessThan(2_000);
  });

  it("names each store that did not answer, and since when isolates have known", async () => {
    const { text } = await open(`/sessions/${SESSION}`);
    expect(text.match(/did not answer<\/span>/g)).toHaveLength(3);
    expect(text).toMatch(/Not asked since \d\d:\d\d:\d\d UTC \(1 min 30 s\), says the isolate that answers you/);
    expect(text).toContain("No isolate has reported that; this page noticed it at");
  });

  it("shows no origin as healthy, and offers no action", async () => {
    const { text } = await open("/pools/shop");
    expect(text).not.toContain("healthy");
    expect(text).not.toContain("/drain");
  });
});

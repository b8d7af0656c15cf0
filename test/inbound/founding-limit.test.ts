import { describe, expect, it } from "vitest";
import { createFoundingLimit, networkOf, UncountedFounding } from "../../src/inbound/founding-limit.ts";
import type { LogEntry } from "../../src/log.ts";

const ALLOWED = { kind: "allowed" };
const LIMITED = { kind: "founding-limited" };
const from = (address?: string) =>
  new Request("https://shop.test/", address === undefined ? {} : { headers: { "CF-Connecting-IP": address } });

describe("the network of a client", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8::/64"],
    ["::1", "::/64"],
    ["no address", "no address"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("the limit of foundings", () => {
  it("is that of the limiter, for each network", async () => {
    const asked: string[] = [];
    const may = createFoundingLimit(
      { ofAddress: { limit: async ({ key }) => ({ success: asked.push(key) <= 2 }) } },
      [],
      () => {},
    );
    expect(await may(from("192.0.2.7"))).toEqual(ALLOWED);
    expect(await may(from("2001:db8:1:2::9"))).toEqual(ALLOWED);
    expect(await may(from("192.0.2.7"))).toEqual(LIMITED);
    expect(asked).toEqual(["192.0.2.7", "2001:db8:1:2::/64", "192.0.2.7"]);
  });

  it("turns no client away when the limiter fails, and says so", async () => {
    const logged: LogEntry[] = [];
    const failing = { limit: () => Promise.reject(new Error("limiter down")) };
    expect(
      await createFoundingLimit({ ofAddress: failing }, [], (entry) => logged.push(entry))(from("192.0.2.7")),
    ).toEqual(ALLOWED);
    expect(logged).toEqual([{ event: "founding_limit_failed", reason: "Error: limiter down" }]);
  });

  it("lets nothing be founded that a limiter cannot count, of an address or of the site", async () => {
    const cause = new Error("away");
    const failing = { limit: () => Promise.reject(new UncountedFounding(cause)) };
    const working = { limit: async () => ({ success: true }) };
    for (const limiters of [
      { ofAddress: failing, ofSite: working },
      { ofAddress: working, ofSite: failing },
    ])
      expect(await createFoundingLimit(limiters, [], () => {})(from("192.0.2.7"))).toEqual({
        kind: "unavailable",
        cause,
      });
  });

  it("turns no client away whose address is unknown", async () => {
    const never = createFoundingLimit({ ofAddress: { limit: async () => ({ success: false }) } }, [], () => {});
    expect(await never(from())).toEqual(ALLOWED);
  });

  it("is that of the client behind a trusted proxy", async () => {
    const asked: string[] = [];
    const limiter = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) > 0 }) };
    const request = from("192.0.2.7");
    request.headers.set("X-Forwarded-For", "198.51.100.1, 203.0.113.9");
    await createFoundingLimit({ ofAddress: limiter }, ["192.0.2.0/24"], () => {})(request);
    expect(asked).toEqual(["203.0.113.9"]);
  });
});

describe("the limit of a whole site", () => {
  const limiter = (most: number) => {
    const asked: string[] = [];
    return { asked, limit: async ({ key }: { key: string }) => ({ success: asked.push(key) <= most }) };
  };

  it("counts all addresses together, and clients without one", async () => {
    const ofSite = limiter(3);
    const may = createFoundingLimit({ ofAddress: limiter(9), ofSite }, [], () => {});
    const answers = [];
    for (const request of [from("192.0.2.1"), from("192.0.2.2"), { headers: new Headers() }, from("192.0.2.3")]) {
      answers.push(await may(request));
    }
    expect(answers).toEqual([ALLOWED, ALLOWED, ALLOWED, LIMITED]);
    expect(new Set(ofSite.asked)).toEqual(new Set(["site"]));
  });

  it("does not count what the limit of an address has refused", async () => {
    const ofSite = limiter(9);
    const may = createFoundingLimit({ ofAddress: limiter(0), ofSite }, [], () => {});
    expect(await may(from("192.0.2.1"))).toEqual(LIMITED);
    expect(ofSite.asked).toEqual([]);
  });

  it("limits nothing when the limiter fails, and says so", async () => {
    const events: string[] = [];
    const ofSite = { limit: () => Promise.reject(new Error("away")) };
    const may = createFoundingLimit({ ofAddress: undefined, ofSite }, [], ({ event }) => events.push(event));
    expect(await may(from("192.0.2.1"))).toEqual(ALLOWED);
    expect(events).toEqual(["founding_limit_failed"]);
  });
});

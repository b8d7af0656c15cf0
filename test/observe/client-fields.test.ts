import { describe, expect, it } from "vitest";
import { LOG_DEFAULTS } from "../../src/config/defaults.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { createClientFields } from "../../src/observe/client-fields.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const HEADERS = {
  "CF-Connecting-IP": "203.0.113.77",
  "X-Forwarded-For": "198.51.100.9",
  "User-Agent": "Mozilla/5.0",
  traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
};

/** The fields of the line of a request that has every fact. */
function fieldsOf(
  log: Partial<ResolvedConfig["log"]>,
  {
    headers = {},
    cf = { country: "DE" },
    trustedProxies = [] as string[],
    traces = "on" as NonNullable<ResolvedConfig["traces"]>,
  } = {},
) {
  const request = new Request("https://shop.test/", { headers: { ...HEADERS, ...headers } });
  Object.defineProperty(request, "cf", { value: cf });
  return createClientFields({ log: { ...LOG_DEFAULTS, ...log }, trustedProxies, traces })?.(request);
}

describe("the fields that tell of a client", () => {
  it("are not made by default", () => {
    expect(fieldsOf({})).toBeUndefined();
    expect(fieldsOf({ requests: "all", path: true })).toBeUndefined();
  });

  it.each<[Partial<ResolvedConfig["log"]>, object]>([
    [{ address: "whole" }, { address: "203.0.113.77" }],
    [{ address: "network" }, { address: "203.0.113.0/24" }],
    [{ country: true }, { country: "DE" }],
    [{ userAgent: true }, { userAgent: "Mozilla/5.0" }],
    [{ trace: true }, { trace: TRACE }],
  ])("are those that the configuration asks for: %o", (log, fields) => {
    expect(fieldsOf(log)).toEqual(fields);
  });

  it("have the address of the client behind the site's own proxies", () => {
    expect(fieldsOf({ address: "whole" }, { trustedProxies: ["203.0.113.0/24"] })).toEqual({ address: "198.51.100.9" });
  });

  it.each([
    ["2001:db8:1:2:3::4", "2001:db8:1::/48"],
    ["::ffff:203.0.113.77", "203.0.113.0/24"],
    ["unknown", undefined],
  ])("have the network of an address, and nothing if it is no address: %s", (address, network) => {
    const headers = { "CF-Connecting-IP": address };
    expect(fieldsOf({ address: "network" }, { headers })).toEqual(network === undefined ? {} : { address: network });
  });

  it("have no country that is not two characters, and no more of a User-Agent than 256 characters", () => {
    expect(fieldsOf({ country: true }, { cf: { country: "Germany" } })).toEqual({});
    expect(fieldsOf({ country: true }, { cf: { country: "T1" } })).toEqual({ country: "T1" });
    expect(fieldsOf({ userAgent: true }, { headers: { "User-Agent": "x".repeat(300) } })).toEqual({
      userAgent: "x".repeat(256),
    });
  });

  it.each([
    [`00-${TRACE}-b7ad6b7169203331-00`, TRACE],
    [`cc-${TRACE}-b7ad6b7169203331-01-what-the-future-brings`, TRACE],
    [`00-${TRACE}-b7ad6b7169203331-01-more`, undefined],
    [`ff-${TRACE}-b7ad6b7169203331-01`, undefined],
    [`00-${"0".repeat(32)}-b7ad6b7169203331-01`, undefined],
    [`00-${TRACE}-${"0".repeat(16)}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`, undefined],
    ["", undefined],
  ])("have a trace only of a well-formed traceparent: %s", (traceparent, trace) => {
    expect(fieldsOf({ trace: true }, { headers: { traceparent } })).toEqual(trace === undefined ? {} : { trace });
  });

  it("have no trace that only the client names, where clients' traces are ignored", () => {
    expect(fieldsOf({ trace: true }, { traces: "ignore-client" })).toEqual({});
  });
});

import { describe, expect, it } from "vitest";
import type { HashPolicy } from "../../../src/config/pool-types.ts";
import { type HashFacts, hashKey } from "../../../src/upstream/choose/hash-policy.ts";

const SESSION: HashPolicy = { type: "session-id" };
const HEADER: HashPolicy = { type: "header", name: "X-Tenant" };
const COOKIE: HashPolicy = { type: "cookie", name: "basket" };
const QUERY: HashPolicy = { type: "query", name: "room" };
const CLIENT_IP: HashPolicy = { type: "client-ip" };

function facts(given: {
  headers?: Record<string, string>;
  url?: string;
  clientIp?: string;
  fresh?: boolean;
}): HashFacts {
  return {
    sessionId: "the-session",
    sessionIsFresh: given.fresh ?? false,
    headers: new Headers(given.headers),
    url: new URL(given.url ?? "http://shop.test/"),
    clientIp: given.clientIp,
  };
}

/** Facts of which only the session may be read. */
function sessionOnly(fresh: boolean): HashFacts {
  const refuse = (): never => {
    throw new Error("read although no policy needs it");
  };
  return {
    sessionId: "the-session",
    sessionIsFresh: fresh,
    get headers() {
      return refuse();
    },
    get url() {
      return refuse();
    },
    get clientIp() {
      return refuse();
    },
  };
}

describe("the session id", () => {
  it("is the key by default, unchanged, and nothing else is read", () => {
    expect(hashKey([SESSION], sessionOnly(false))).toBe("the-session");
  });

  it("of a fresh session is the key as well when no policy follows", () => {
    expect(hashKey([SESSION], sessionOnly(true))).toBe("the-session");
    expect(hashKey([HEADER, SESSION], facts({ fresh: true }))).toBe("the-session");
  });

  it("comes before the policies after it, which are not read", () => {
    expect(hashKey([SESSION, HEADER, COOKIE, QUERY, CLIENT_IP], sessionOnly(false))).toBe("the-session");
  });

  it("of a fresh session gives way to a policy after it that is present", () => {
    expect(hashKey([SESSION, CLIENT_IP], facts({ fresh: true, clientIp: "203.0.113.7" }))).toBe("203.0.113.7");
  });

  it("is the key when no policy is present, listed or not", () => {
    expect(hashKey([SESSION, CLIENT_IP], facts({ fresh: true }))).toBe("the-session");
    expect(hashKey([HEADER, COOKIE, QUERY, CLIENT_IP], facts({}))).toBe("the-session");
    expect(hashKey([], facts({}))).toBe("the-session");
  });
});

describe("the network of the client", () => {
  const key = (clientIp: string, policy: object) => hashKey([{ type: "client-ip", ...policy }], facts({ clientIp }));

  it.each([
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"],
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["no address", "no address"],
  ])("by 64 bits of IPv6 is the key: of %s it is %s", (address, network) => {
    expect(key(address, { ipv6PrefixBits: 64 })).toBe(network);
  });

  it.each([
    [24, "203.0.113.0/24"],
    [28, "203.0.113.64/28"],
    [1, "128.0.0.0/1"],
    [32, "203.0.113.77"],
  ])("by %i bits of IPv4 is the key %s", (ipv4PrefixBits, network) => {
    expect(key("203.0.113.77", { ipv4PrefixBits })).toBe(network);
    expect(key("::ffff:203.0.113.77", { ipv4PrefixBits })).toBe(network);
    expect(key("2001:db8::7", { ipv4PrefixBits })).toBe("2001:db8::7");
  });

  it("is not computed by default: the address is the key as it is written", () => {
    expect(key("2001:DB8::0001", {})).toBe("2001:DB8::0001");
  });
});

describe("the other policies", () => {
  it("take the value of a header, whatever the case of its name", () => {
    expect(hashKey([HEADER], facts({ headers: { "x-tenant": "acme" } }))).toBe("acme");
  });

  it("take the value of a cookie, its name in its own case", () => {
    expect(hashKey([COOKIE], facts({ headers: { Cookie: "a=1; basket=b7; c=2" } }))).toBe("b7");
    expect(hashKey([COOKIE], facts({ headers: { Cookie: "BASKET=b7; xbasket=b8" } }))).toBe("the-session");
  });

  it("take a cookie's value raw, with its quotes, and the first of several", () => {
    expect(hashKey([COOKIE], facts({ headers: { Cookie: 'basket="a%20b"; basket=other' } }))).toBe('"a%20b"');
  });

  it("are not confused by a cookie named like a property of every object", () => {
    expect(hashKey([{ type: "cookie", name: "constructor" }], facts({ headers: { Cookie: "a=1" } }))).toBe(
      "the-session",
    );
    expect(hashKey([{ type: "cookie", name: "__proto__" }], facts({ headers: { Cookie: "__proto__=x" } }))).toBe("x");
  });

  it("take the first value of a query parameter, decoded", () => {
    expect(hashKey([QUERY], facts({ url: "http://shop.test/?x=1&room=a%20b&room=c" }))).toBe("a b");
  });

  it("take the client's address", () => {
    expect(hashKey([CLIENT_IP], facts({ clientIp: "2001:db8::1" }))).toBe("2001:db8::1");
  });

  it("do not count as present when the value is empty", () => {
    const empty = facts({
      headers: { "X-Tenant": " ", Cookie: "basket=; basket=b7" },
      url: "http://shop.test/?room=&room=r",
      clientIp: "",
    });
    for (const policy of [HEADER, COOKIE, QUERY, CLIENT_IP]) expect(hashKey([policy], empty)).toBe("the-session");
  });

  it("are tried in the order of the list", () => {
    const all = facts({
      headers: { "X-Tenant": "acme", Cookie: "basket=b7" },
      url: "http://shop.test/?room=r",
      clientIp: "203.0.113.7",
    });
    expect(hashKey([CLIENT_IP, HEADER], all)).toBe("203.0.113.7");
    expect(hashKey([HEADER, CLIENT_IP], all)).toBe("acme");
    expect(hashKey([QUERY, COOKIE, SESSION], all)).toBe("r");
    expect(hashKey([COOKIE, QUERY, SESSION], all)).toBe("b7");
  });

  it("give one key for one value, so that a client may send it first in a header and then in a cookie", () => {
    const policies = [HEADER, COOKIE];
    const inHeader = hashKey(policies, facts({ headers: { "X-Tenant": "acme" } }));
    expect(hashKey(policies, facts({ headers: { Cookie: "basket=acme" } }))).toBe(inHeader);
  });
});

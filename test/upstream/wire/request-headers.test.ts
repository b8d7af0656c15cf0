import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedBy } from "../../../src/inbound/arrival.ts";
import { requestHeaders, type Told } from "../../../src/upstream/wire/request-headers.ts";
import { carriers } from "../../support/carriers.ts";

const { cut } = carriers;
const TOLD: Told = {
  cut,
  protocol: "https",
  method: "GET",
  host: "shop.test",
  port: "",
  clientIp: "203.0.113.7",
  handoff: "a.b.c",
  forwardedHeaders: "all",
  forbidsCaches: true,
};
const SET = {
  "cache-control": "no-store, max-age=0",
  forwarded: 'for=203.0.113.7;host="shop.test";proto=https',
  "moor-session": "a.b.c",
  "x-forwarded-for": "203.0.113.7",
  "x-forwarded-host": "shop.test",
  "x-forwarded-port": "443",
  "x-forwarded-proto": "https",
};
const headersOf = (given: HeadersInit) => askedBy(new Request("https://shop.test/", { headers: given })).headers;
const sent = (client: HeadersInit, told: Told = TOLD) => Object.fromEntries(requestHeaders(headersOf(client), told));

describe("the headers that Moor sets", () => {
  it("are the handoff and the headers that say where the request came from", () => expect(sent({})).toEqual(SET));

  it("include no handoff on a route without a session, and no address that is not known", () => {
    const local: Partial<Told> = { protocol: "http", host: "localhost:8787", port: "8787", clientIp: undefined };
    expect(sent({}, { ...TOLD, ...local, handoff: undefined, forbidsCaches: false })).toEqual({
      forwarded: 'for=unknown;host="localhost:8787";proto=http',
      "x-forwarded-host": "localhost:8787",
      "x-forwarded-port": "8787",
      "x-forwarded-proto": "http",
    });
  });

  it("include how the request was decided, when explain is on", () => {
    expect(sent({}, { ...TOLD, explain: "session=memory" })).toEqual({ ...SET, "moor-explain": "session=memory" });
  });

  it("replace the client's headers", () => {
    const claimed = Object.fromEntries(Object.keys(SET).map((name) => [name, "mine"]));
    expect(sent(claimed)).toEqual(SET);
    expect(sent(claimed, { ...TOLD, clientIp: undefined, handoff: undefined, forbidsCaches: false })).toEqual({
      "cache-control": "mine",
      forwarded: 'for=unknown;host="shop.test";proto=https',
      "x-forwarded-host": "shop.test",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    });
  });

  it.each([
    ["2001:db8::7", 'for="[2001:db8::7]"'],
    ["203.0.113.7", "for=203.0.113.7"],
    ['203.0.113.7";host="evil.test', "for=unknown"],
    ["203.0.113.7, 198.51.100.1", "for=unknown"],
  ])("write the address %s as RFC 7239 says", (clientIp, expected) => {
    expect(sent({}, { ...TOLD, clientIp }).forwarded).toBe(`${expected};host="shop.test";proto=https`);
  });

  it.each([
    ["max-age=3600", "no-store, max-age=0"],
    ["only-if-cached", "no-store, max-age=0"],
    ["max-stale", "no-store, max-age=0"],
    ["no-cache", "no-cache"],
    ["max-age=0, No-Cache", "max-age=0, No-Cache"],
  ])("keep caches from a session although the client says Cache-Control: %s", (given, expected) => {
    expect(sent({ "Cache-Control": given })["cache-control"]).toBe(expected);
    expect(sent({ "Cache-Control": given }, { ...TOLD, forbidsCaches: false })["cache-control"]).toBe(given);
  });

  it("are Forwarded alone for a pool that asks for RFC 7239, and the client's own of both kinds are cut", () => {
    const { forwarded, "moor-session": handoff, "cache-control": cacheControl } = SET;
    const claimed = { "X-Forwarded-For": "mine", "X-Forwarded-Proto": "mine", Forwarded: "mine" };
    expect(sent(claimed, { ...TOLD, forwardedHeaders: "rfc7239" })).toEqual({
      forwarded,
      "moor-session": handoff,
      "cache-control": cacheControl,
    });
  });

  it("keep caches from a session although the client has Connection cut its own Cache-Control", () => {
    const client = { Connection: "cache-control", "Cache-Control": "no-cache" };
    expect(sent(client)["cache-control"]).toBe("no-store, max-age=0");
  });
});

describe("the headers that are cut out of the client's", () => {
  it.each([
    "Moor-Session",
    "MOOR-ANYTHING",
    "Moor_Session",
    "moor.session",
    "moor!session",
    "moor~patch",
    "X-Forwarded-For",
    "X-Forwarded-Port",
    "X_Forwarded_Host",
    "x.forwarded.prefix",
    "Forwarded",
    "X-Real-IP",
    "X_Real_IP",
    "True-Client-IP",
    "True.Client.Ip",
    "Host",
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
  ])("%s", (name) => expect(sent({ [name]: "x", Accept: "*/*" })).toEqual({ ...SET, accept: "*/*" }));

  it("in every spelling of moor-", () => {
    const letter = (given: string) => fc.constantFrom(given, given.toUpperCase());
    const name = fc
      .tuple(...[..."moor"].map(letter), fc.constantFrom(..."-_.!#$%&'*+^`|~"), fc.constantFrom("session", "x", ""))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(name, (given) => {
        expect(sent({ [given]: "forged" })).toEqual(SET);
      }),
    );
  });

  it("include those that Connection names, and no header that Moor sets", () => {
    const client = { Connection: "close, X-Private , moor-session,X-FORWARDED-FOR", "X-Private": "1", "X-Public": "2" };
    expect(sent(client)).toEqual({ ...SET, "x-public": "2" });
  });
});

describe("the remaining headers", () => {
  it("are all other headers, as they were", () => {
    const client = {
      accept: "text/html",
      authorization: "Bearer of-the-origin",
      "content-length": "5",
      "idempotency-key": "7",
      "if-none-match": '"e"',
      moor: "no dash",
      "more-or-less": "other words",
      origin: "https://shop.test",
      range: "bytes=0-1",
      "sec-websocket-key": "abc",
      "x-moor-session": "another name",
    };
    expect(sent(client)).toEqual({ ...client, ...SET });
  });

  it("keep several values of a name", () => {
    const client = new Headers([
      ["Accept", "text/html"],
      ["Accept", "text/plain"],
    ]);
    expect(requestHeaders(headersOf(client), TOLD).get("Accept")).toBe("text/html, text/plain");
  });

  it("leave the client's own headers unchanged", () => {
    const client = new Headers({ Cookie: "__Host-moor=t", "Moor-Session": "x" });
    requestHeaders(headersOf(client), TOLD);
    expect([client.get("Cookie"), client.get("Moor-Session")]).toEqual(["__Host-moor=t", "x"]);
  });

  it.each([
    ["websocket", "websocket"],
    ["WebSocket", "websocket"],
    ["h2c", undefined],
    ["websocket, h2c", undefined],
  ])("asks the origin to upgrade to a WebSocket, and to nothing else: %s", (asked, passed) => {
    expect(sent({ Connection: "Upgrade", Upgrade: asked }).upgrade).toBe(passed);
  });

  it.each(["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])(
    "ask for no WebSocket with %s, which the runtime would send as a GET without a body",
    (method) => {
      const client = { Connection: "Upgrade", Upgrade: "websocket" };
      expect(sent(client, { ...TOLD, method })).toEqual(SET);
    },
  );

  it.each([
    ["keep-alive", undefined],
    ["x-upgrade", undefined],
    ["keep-alive, UPGRADE", "websocket"],
  ])("asks for a WebSocket only if Connection names the upgrade: %s", (connection, passed) => {
    expect(sent({ Connection: connection, Upgrade: "websocket" }).upgrade).toBe(passed);
    expect(sent({ Upgrade: "websocket" }).upgrade).toBeUndefined();
  });
});

describe("cookies", () => {
  it.each([
    ["a=1; __Host-moor=t; b=2; __Host-moor-gen=p; __Host-moor-mark-xx=m", "a=1; b=2"],
    ["moor=t; a=1; moor-gen=p", "a=1"],
    ["a=1;  b = 2 ;c", "a=1;  b = 2 ;c"],
    ["__Host-moor=t", undefined],
  ])("of Moor's own are cut out of %o, which leaves %o", (cookie, left) => {
    expect(sent({ Cookie: cookie }).cookie).toBe(left);
  });

  it("are cut out of a second Cookie header too, which arrives joined to the first", () => {
    expect(sent({ Cookie: "a=1, __Host-moor=t, b=2" }).cookie).toBe("a=1, b=2");
    expect(sent({ Cookie: "a=1, __Host-moor = t, b=2" }).cookie).toBe("a=1, b=2");
  });

  it("that Connection names are not sent", () => {
    expect(sent({ Connection: "cookie", Cookie: "a=1; moor=t" }).cookie).toBeUndefined();
  });
});

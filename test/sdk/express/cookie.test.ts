import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { Cookie } from "../../../src/sdk/express/cookie.ts";
import { Exchange } from "../../../src/sdk/express/exchange.ts";
import { type SessionOptions, session } from "../../../src/sdk/express/index.ts";
import type { SessionRequest } from "../../../src/sdk/express/store.ts";
import type { JsonObject } from "../../../src/sdk/origin/json.ts";
import { sessionWith } from "../origin/moor.ts";

const NO_DATES = [
  1e300,
  Number.MAX_SAFE_INTEGER,
  -Number.MAX_SAFE_INTEGER,
  8.1e15,
  Number.POSITIVE_INFINITY,
  Number.NaN,
];

describe("a session's cookie", () => {
  it.each([...NO_DATES, "60000" as never])("refuses a maxAge of %s, and stays as it was", (maxAge) => {
    const cookie = new Cookie({ maxAge: 1_000 });
    const before = JSON.stringify(cookie);
    const message = `maxAge must be null or a number of milliseconds from -8e15 to 8e15, not ${maxAge}`;
    for (const assign of [
      () => (cookie.maxAge = maxAge),
      () => (cookie.originalMaxAge = maxAge),
      () => new Cookie({ maxAge }),
    ]) {
      expect(assign).toThrow(new TypeError(message));
    }
    expect(JSON.stringify(cookie)).toBe(before);
  });

  it("refuses a date that is not a date", () => {
    expect(() => (new Cookie().expires = new Date("garbage"))).toThrow(new TypeError("expires must be a valid date"));
  });

  it("takes a date for maxAge, as express-session does", () => {
    const until = new Date(Date.now() + 60_000);
    const cookie = new Cookie({ maxAge: until });
    expect(cookie.expires).toEqual(until);
    expect(() => (cookie.maxAge = new Date("garbage"))).toThrow(new TypeError("expires must be a valid date"));
    cookie.maxAge = new Date(0);
    expect(cookie.expires).toEqual(new Date(0));
  });

  it.each([42, "foo", true, () => ({})])("refuses %s for its options", (options) => {
    const message = `argument options must be an object, not ${typeof options}`;
    expect(() => new Cookie(options as never)).toThrow(message);
  });

  it.each([8e15, -8e15, 0, null])("takes a maxAge of %s", (maxAge) => {
    const cookie = new Cookie({ maxAge });
    expect(JSON.parse(JSON.stringify(cookie)).originalMaxAge).toBe(maxAge);
  });

  it.each([{ maxAge: 1e300 }, { expires: new Date("garbage") }])("is refused at the start: %j", (cookie) => {
    const options: SessionOptions = { issuer: "https://shop.test", audience: "shop", cookie };
    expect(() => session(options)).toThrow(TypeError);
  });
});

describe("the cookie of a request", () => {
  it.each(["https", "http"])("has the path and flags of Moor's cookie for a visitor over %s", async (scheme) => {
    const request = { headers: { "x-forwarded-proto": scheme } } as unknown as SessionRequest & IncomingMessage;
    new Exchange(request, {} as ServerResponse, await sessionWith(), { cookie: {}, endsUnset: false });
    const secure = scheme === "https";
    const shown = { path: "/", httpOnly: true, sameSite: "lax", secure };
    expect(request.session?.cookie).toMatchObject(shown);
    expect(JSON.parse(JSON.stringify(request.session?.cookie))).toMatchObject(shown);
  });

  it("lets its flags be set without an effect on the stored session", async () => {
    const request = { headers: {} } as unknown as SessionRequest & IncomingMessage;
    const response = { headersSent: false, setHeader() {}, removeHeader() {} } as unknown as ServerResponse;
    const moor = await sessionWith();
    const exchange = new Exchange(request, response, moor, { cookie: {}, endsUnset: false });
    Object.assign((request.session as { cookie: Cookie }).cookie, { secure: true, sameSite: "strict", path: "/app" });
    exchange.send();
    expect(moor.headers()).toEqual([]);
  });
});

describe("an attribute in the place of a session's cookie", () => {
  const [PAST, FUTURE] = ["2030-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"];

  it.each<[string, JsonObject["cookie"]]>([
    ...NO_DATES.map((maxAge): [string, number] => [`an age of ${maxAge}`, maxAge]).map(
      ([what, originalMaxAge]): [string, JsonObject] => [what, { originalMaxAge, expires: FUTURE }],
    ),
    ["a date that is none", { originalMaxAge: 1_000, expires: "garbage" }],
    ["a date that is no text", { originalMaxAge: 1_000, expires: 5 }],
    ["an age without a date", { originalMaxAge: 1_000 }],
    ["a date without an age", { expires: PAST }],
    ["a number", 5],
    ["a list", []],
    ["a text", "connect.sid"],
  ])(
    "that another pool has set to %s is no expiry, and the session's changes go with the response",
    async (_what, cookie) => {
      const moor = await sessionWith({ data: { user: "alice", cookie } });
      const request = { headers: {} } as SessionRequest & IncomingMessage;
      const sent = new Map<string, unknown>();
      const response = {
        headersSent: false,
        setHeader: (name: string, value: unknown) => sent.set(name, value),
        removeHeader: (name: string) => sent.delete(name),
      } as unknown as ServerResponse;
      const exchange = new Exchange(request, response, moor, { cookie: {}, endsUnset: false });
      expect(request.session).toMatchObject({ user: "alice", cookie: { originalMaxAge: null } });
      Object.assign(request.session as object, { seen: true });
      exchange.send();
      expect(JSON.stringify([...sent])).toContain('\\"seen\\":true');
    },
  );
});

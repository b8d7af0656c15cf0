import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { Exchange } from "../../../src/sdk/express/exchange.ts";
import type { Session } from "../../../src/sdk/express/session.ts";
import type { SessionRequest } from "../../../src/sdk/express/store.ts";
import { mergePatches } from "../../../src/sdk/origin/json.ts";
import { answer, CLAIMS, k1, originWith, sessionWith } from "../origin/moor.ts";

/** Regenerates a session with these attributes, sets others, and returns the patches that the response carries. */
async function regenerated(data: Record<string, string>, set: object): Promise<Record<string, never>[]> {
  const request = { headers: {} } as SessionRequest & IncomingMessage;
  const sent = new Map<string, string[]>();
  const response = {
    headersSent: false,
    setHeader: (name: string, value: string[]) => sent.set(name, value),
    removeHeader: (name: string) => sent.delete(name),
  } as unknown as ServerResponse;
  const exchange = new Exchange(request, response, await sessionWith({ data }), { cookie: {}, endsUnset: false });
  await new Promise<void>((resolve) => exchange.regenerate(() => resolve()));
  Object.assign(request.session as object, set);
  exchange.send();
  expect(sent.get("Moor-Rotate")).toEqual(["1"]);
  return JSON.parse(`[${sent.get("Moor-Patch")}]`);
}

it.each([{ before: { user: "mallory", mfaPending: "1", cart: "tea" } }, { before: {} }])(
  "regenerate sends the whole session, which is the same whether Moor applies it to $before or starts anew",
  async ({ before }) => {
    const patches = await regenerated(
      { user: "mallory", mfaPending: "1", cart: "tea" },
      { user: "bob", mfaPending: "1" },
    );
    const { id, ...session } = mergePatches(before, patches);
    expect(session).toEqual({ user: "bob", mfaPending: "1" });
    expect(id).toMatch(/^[\w-]{32}$/);
  },
);

/** The session of a request, and the calls of the session API with their bodies. */
async function exchangeOf(headers: object, response: object, claims: object = {}, statuses: number[] = []) {
  const asked: [method: string | undefined, body: string | undefined][] = [];
  const { session } = originWith({
    fetch: async (url, { method, body }) => {
      if (url.endsWith("/jwks.json")) return answer({ keys: [k1.jwk] });
      asked.push([method, body]);
      const status = statuses.shift() ?? (method === "DELETE" ? 204 : 200);
      return answer({ version: CLAIMS.ver + asked.length, generation: 1, attributes: {} }, status);
    },
  });
  const request = { headers } as unknown as SessionRequest & { session: Session };
  const moor = await session(await k1.sign({ data: {}, ...claims }));
  const exchange = new Exchange(request, response as ServerResponse, moor, { cookie: {}, endsUnset: false });
  const call = (name: "save" | "destroy" | "regenerate") =>
    new Promise<unknown>((resolve) => request.session[name](resolve));
  return { request, exchange, call, asked };
}

/** A response that has not sent its headers, and the headers that are put on it. */
function unsent() {
  const sent = new Map<string, string[]>();
  const setHeader = (name: string, value: string[]) => sent.set(name, value);
  return { sent, response: { headersSent: false, setHeader, removeHeader: (name: string) => sent.delete(name) } };
}

describe("the way of a change", () => {
  it.each([
    [3_000, true],
    [3_100, false],
  ])("of %i bytes goes with the headers: %s", async (bytes, isSent) => {
    const { sent, response } = unsent();
    const { request, exchange, asked } = await exchangeOf({}, response);
    Object.assign(request.session, { filling: "x".repeat(bytes) });
    expect(exchange.send()).toBe(!isSent);
    expect(sent.has("Moor-Patch")).toBe(isSent);
    await exchange.storeLate();
    expect(asked).toHaveLength(isSent ? 0 : 1);
    // The token learns of the version that the session API has given.
    expect(sent.get("Moor-Version")).toEqual(isSent ? undefined : [String(CLAIMS.ver + 1)]);
  });

  it.each([
    ["of a session that is not stored", { sid: undefined, ver: 0, new: true }, async () => {}],
    ["of a login", {}, (call: (name: "regenerate") => Promise<unknown>) => call("regenerate")],
  ])("%s is its response, and beyond 16 KiB an error", async (_name, claims, before) => {
    const { sent, response } = unsent();
    const { request, exchange, call, asked } = await exchangeOf({}, response, claims);
    await before(call);
    Object.assign(request.session, { filling: "x".repeat(10_000) });
    expect(exchange.send()).toBe(false);
    expect(sent.has("Moor-Patch")).toBe(true);
    Object.assign(request.session, { more: "x".repeat(10_000) });
    expect(() => exchange.send()).toThrow(expect.objectContaining({ code: "change-too-large" }));
    expect(asked).toEqual([]);
  });
});

describe("a request for a WebSocket", () => {
  const upgrade = (response: object, statuses: number[] = []) =>
    exchangeOf({ upgrade: "websocket" }, response, {}, statuses);

  /** The response to an upgrade as libraries of sockets make it. */
  const RESPONSES = { "an empty object": {}, "a response that nobody sends": { headersSent: false, setHeader() {} } };

  it.each(Object.entries(RESPONSES))("stores a change when save calls back, with %s", async (_name, response) => {
    const { request, call, asked } = await upgrade(response);
    Object.assign(request.session, { userId: "u1" });
    expect(await call("save")).toBeUndefined();
    expect(asked).toEqual([["PATCH", '{"userId":"u1"}']]);
  });

  it("stores a change in the same way if only the response shows that nobody sends it", async () => {
    const { request, call, asked } = await exchangeOf({}, {});
    Object.assign(request.session, { userId: "u1" });
    expect(await call("save")).toBeUndefined();
    expect(asked).toEqual([["PATCH", '{"userId":"u1"}']]);
  });

  it("ends the session when destroy calls back", async () => {
    const { call, asked } = await upgrade({});
    expect(await call("destroy")).toBeUndefined();
    expect(asked).toEqual([["DELETE", undefined]]);
  });

  it("refuses to regenerate, because no response carries the visitor's new token", async () => {
    const { call } = await upgrade({});
    expect(await call("regenerate")).toBeInstanceOf(Error);
  });

  it("sends a change again after a failure, and none twice", async () => {
    const { request, call, asked } = await upgrade({}, [503]);
    Object.assign(request.session, { userId: "u1" });
    expect(await Promise.all([call("save"), call("save"), call("save")])).toEqual([
      expect.objectContaining({ code: "session-unavailable" }),
      undefined,
      undefined,
    ]);
    expect(asked).toEqual(Array(2).fill(["PATCH", '{"userId":"u1"}']));
  });
});

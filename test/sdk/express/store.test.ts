import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { Exchange } from "../../../src/sdk/express/exchange.ts";
import { session } from "../../../src/sdk/express/index.ts";
import type { Session } from "../../../src/sdk/express/session.ts";
import { type SessionRequest, Store } from "../../../src/sdk/express/store.ts";
import { answer, CLAIMS, k1, originWith } from "../origin/moor.ts";

type Shown = Session & Record<string, unknown>;

/** A request for a WebSocket, so that each change is a call of the session API, and the bodies of these calls. */
async function requestWith(data: object) {
  const asked: (string | undefined)[] = [];
  const { session } = originWith({
    fetch: async (url, { body, method }) => {
      if (url.endsWith("/jwks.json")) return answer({ keys: [k1.jwk] });
      if (method !== "GET") asked.push(body ?? method);
      return answer(
        { version: CLAIMS.ver + 1, generation: 1, attributes: { a: "stored" } },
        method === "DELETE" ? 204 : 200,
      );
    },
  });
  const request = { headers: { upgrade: "websocket" } } as unknown as SessionRequest &
    IncomingMessage & { session: Shown; sessionID: string; sessionStore: Store };
  const moor = await session(await k1.sign({ data }));
  new Exchange(request, {} as ServerResponse, moor, { cookie: {}, endsUnset: false });
  return { request, store: request.sessionStore, asked };
}

/** The arguments with which a function calls back. */
const calledBack = (call: (callback: (...given: unknown[]) => void) => void) =>
  new Promise<unknown[]>((resolve) => call((...given) => resolve(given)));

describe("req.sessionStore", () => {
  it("gets the session of the request as it is stored now", async () => {
    const { request, store } = await requestWith({ a: "shown" });
    const [error, data] = await calledBack((callback) => store.get(request.sessionID, callback));
    expect(error).toBeNull();
    expect(data).toMatchObject({ a: "stored", cookie: { originalMaxAge: null } });
    expect(request.session.a).toBe("shown");
  });

  it("sets the session of the request, whole, and stores it", async () => {
    const { request, store, asked } = await requestWith({ a: "shown", b: "gone" });
    expect(await calledBack((callback) => store.set(request.sessionID, { a: "set" }, callback))).toEqual([]);
    expect(request.session).toMatchObject({ a: "set" });
    expect(asked.map((body) => JSON.parse(body ?? ""))).toEqual([{ a: "set", b: null }]);
  });

  it("destroys the session of the request", async () => {
    const { request, store, asked } = await requestWith({});
    expect(await calledBack((callback) => store.destroy(request.sessionID, callback))).toEqual([]);
    expect(request.session).toBeUndefined();
    expect(asked).toEqual(["DELETE"]);
  });

  it("refuses every other session, because Moor shows a server only the session of its visitor", async () => {
    const { store, asked } = await requestWith({});
    const refusals = await Promise.all([
      calledBack((callback) => store.get("other", callback)),
      calledBack((callback) => store.set("other", {}, callback)),
      calledBack((callback) => store.destroy("other", callback)),
      calledBack((callback) => store.touch("other", {}, callback)),
      calledBack((callback) => new session.Store().get("other", callback)),
    ]);
    for (const [error] of refusals) expect(String(error)).toContain("only the session of its own request");
    expect(asked).toEqual([]);
  });
});

describe("session.Cookie and session.Store", () => {
  it("are the classes of a request's cookie and store", async () => {
    const { request, store } = await requestWith({});
    expect(request.session.cookie).toBeInstanceOf(session.Cookie);
    expect(store).toBeInstanceOf(session.Store);
    expect(session.Store).toBe(Store);
  });
});

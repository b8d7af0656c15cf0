import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, expect, it, vi } from "vitest";
import { session } from "../../../src/sdk/express/index.ts";
import type { Session } from "../../../src/sdk/express/session.ts";
import type { SessionRequest } from "../../../src/sdk/express/store.ts";
import { ISSUER, POOL } from "../origin/moor.ts";

afterEach(() => vi.restoreAllMocks());

const middleware = () => session({ issuer: ISSUER, audience: POOL, cookie: { maxAge: 60_000 } });

/** A request with these headers after the middleware has run, and the error with which it went on. */
async function passed(use: ReturnType<typeof session>, headers: object, response: object = {}) {
  const request = { headers } as unknown as SessionRequest & { session: Session & Record<string, unknown> };
  const error = await new Promise((next) => use(request, response as ServerResponse, next));
  return { request, error };
}

it("a request without a handoff has an empty session", async () => {
  const { request, error } = await passed(middleware(), {});
  expect(error).toBeUndefined();
  expect(Object.keys(request.session)).toEqual(["cookie"]);
  expect(request.session.cookie.originalMaxAge).toBe(60_000);
  expect(request.session.id).toBe(request.sessionID);
});

it.each(["save", "regenerate", "destroy", "reload"] as const)(
  "its %s is an error that gives the reason",
  async (name) => {
    const { request } = await passed(middleware(), {});
    request.session.user = "alice";
    const error = await new Promise((resolve) => request.session[name](resolve));
    expect(error).toMatchObject({
      code: "handoff-missing",
      status: 403,
      message: expect.stringMatching(/cannot be stored: the request has no Moor-Session header/),
    });
  },
);

it("its changes are lost with a warning, once in the life of a process", async () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const use = middleware();
  for (const user of [undefined, "alice", "bob"]) {
    const response = new EventEmitter();
    const { request } = await passed(use, {}, response);
    if (user !== undefined) request.session.user = user;
    response.emit("finish");
    expect(warn).toHaveBeenCalledTimes(user === undefined ? 0 : 1);
  }
  const [message, options] = warn.mock.calls[0] ?? [];
  expect([message, options]).toEqual([
    expect.stringContaining("no Moor-Session header"),
    { code: "MOOR_SESSION_NOT_STORED" },
  ]);
  expect(message).not.toContain("alice");
});

it.each(["", "a.b.c"])("a request with a header that is no handoff stays refused: %j", async (jwt) => {
  const { request, error } = await passed(middleware(), { "moor-session": jwt });
  expect(error).toMatchObject({ code: "handoff-malformed", status: 403 });
  expect(request.session).toBeUndefined();
});

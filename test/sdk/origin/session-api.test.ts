import { describe, expect, it } from "vitest";
import type { Fetch, OriginSession } from "../../../src/sdk/origin/index.ts";
import { answer, CLAIMS, k1, k2, originWith } from "./moor.ts";

const stored = { version: 6, generation: 1, principal: "alice", attributes: { basket: { tea: 3 } } };

/** The session of a request whose session API answers so, and the calls of that API. */
async function sessionAnswered(response: unknown, status = 200) {
  const asked: Parameters<Fetch>[] = [];
  const { session, origin } = originWith({
    fetch: async (url, init) => {
      if (url.endsWith("/jwks.json")) return answer({ keys: [k1.jwk, k2.jwk] });
      asked.push([url, init]);
      return answer(response, status);
    },
  });
  return { session: await session(await k1.sign()), origin, asked };
}

describe("the session API", () => {
  it("reads the session as it is now, with this request's changes on top, and has the visitor's token follow", async () => {
    const { session } = await sessionAnswered(stored);
    session.patch({ coupon: "x" });
    expect(await session.api.read()).toEqual(stored);
    expect(session).toMatchObject({ version: 6, attributes: { basket: { tea: 3 }, coupon: "x" } });
    expect(session.headers()).toEqual([
      ["Moor-Patch", '{"coupon":"x"}'],
      ["Moor-Version", "6"],
    ]);
  });

  it("asks for no other token when there is nothing new", async () => {
    const { session } = await sessionAnswered({ ...stored, version: CLAIMS.ver });
    await session.api.read();
    expect(session.headers()).toEqual([]);
  });

  it("patches, for a single version if the caller says so", async () => {
    const { session, asked } = await sessionAnswered(stored);
    await session.api.patch({ coupon: null });
    await session.api.patch({ coupon: null }, { ifVersion: 4 });
    const [[url, init], [, second]] = asked as [Parameters<Fetch>, Parameters<Fetch>];
    expect(url).toBe("https://shop.example.com/.moor/session");
    expect(init).toMatchObject({ method: "PATCH", body: '{"coupon":null}' });
    expect(init.headers.authorization).toMatch(/^Bearer \S+\.\S+\.\S+$/);
    expect(init.headers).not.toHaveProperty("if-match");
    expect(second.headers["if-match"]).toBe('"4"');
  });

  it("tells the times that Moor answers with", async () => {
    const times = { bornAt: 1, idleDeadline: 2, absoluteDeadline: 3, loggedInAt: undefined };
    const { session } = await sessionAnswered({ ...stored, ...times });
    expect(await session.api.read()).toEqual({ ...stored, times });
    expect(session.times).toEqual(times);
  });

  it("renews the handoff, and uses the new one from then on", async () => {
    const asked: Parameters<Fetch>[1][] = [];
    const { session } = originWith({
      async fetch(url, init) {
        if (url.endsWith("/jwks.json")) return answer({ keys: [k1.jwk, k2.jwk] });
        asked.push(init);
        return answer(stored, 200, init.method === "POST" ? { "Moor-Session": "a.new.one" } : {});
      },
    });
    const { api, sessions } = await session(await k1.sign());
    expect(await api.renew()).toEqual(stored);
    await api.read();
    await sessions.list().catch(() => {});
    expect(asked.map(({ method }) => method)).toEqual(["POST", "GET", "GET"]);
    const [first, ...later] = asked.map(({ headers }) => headers.authorization);
    expect(first).not.toBe("Bearer a.new.one");
    expect(later).toEqual(["Bearer a.new.one", "Bearer a.new.one"]);
  });

  it("ends the session, and has the response clear the visitor's cookie", async () => {
    const { session, asked } = await sessionAnswered(undefined, 204);
    await session.api.end();
    expect(asked[0]?.[1].method).toBe("DELETE");
    expect(session.headers()).toEqual([["Moor-End", "1"]]);
  });

  it.each([
    [400, "session-refused"],
    [401, "session-refused"],
    [403, "session-refused"],
    [409, "session-not-stored"],
    [410, "session-over"],
    [412, "session-changed"],
    [413, "session-refused"],
    [302, "session-unavailable"],
    [503, "session-unavailable"],
  ])("tells a %i as %s, and the session stays as it was", async (status, code) => {
    const { session } = await sessionAnswered({ title: "No.", version: 9 }, status);
    const fault = { code, message: `the session API answers PATCH with ${status}: No.` };
    await expect(session.api.patch({ a: 1 })).rejects.toMatchObject(fault);
    await expect(session.api.end()).rejects.toMatchObject({ code });
    expect(session.headers()).toEqual([]);
    expect(session.version).toBe(CLAIMS.ver);
  });

  it.each([
    ["a login", (session: OriginSession) => session.login("alice")],
    ["a rotation", (session: OriginSession) => session.rotate()],
  ])(
    "refuses a patch after %s of the request, which the holder of the older token would be shown",
    async (_what, ask) => {
      const { session, asked } = await sessionAnswered(stored);
      ask(session);
      await expect(session.api.patch({ card: "4111" })).rejects.toMatchObject({ code: "session-over" });
      expect(asked).toEqual([]);
      expect(await session.api.read()).toEqual(stored);
    },
  );

  it("refuses a patch that is not JSON before it is sent", async () => {
    const { session, asked } = await sessionAnswered(stored);
    await expect(session.api.patch({ a: Number.NaN })).rejects.toThrow(TypeError);
    expect(asked).toEqual([]);
  });
});

describe("a change that this process has stored through the session API", () => {
  const OLD = k1.sign({ ver: 5, data: { basket: { tea: 2 } } });

  /** An origin that has stored version 6, and the number of times that it has asked the session API since. */
  async function originAfterChange(later: unknown = stored, status = 200) {
    let isChanged = false;
    let asked = 0;
    const made = originWith({
      fetch: async (url, { method }) => {
        if (url.endsWith("/jwks.json")) return answer({ keys: [k1.jwk, k2.jwk] });
        if (method === "PATCH") return answer(stored);
        if (isChanged) asked++;
        return answer(later, status);
      },
    });
    await (await made.session(await OLD)).api.patch({ basket: { tea: 3 } });
    isChanged = true;
    return { ...made, asked: () => asked };
  }

  it("is seen by the next request, although Moor shows an older copy, and the visitor's token follows", async () => {
    const { session } = await originAfterChange();
    const next = await session(await OLD);
    expect(next.attributes).toEqual(stored.attributes);
    expect(next.headers()).toEqual([["Moor-Version", "6"]]);
  });

  it("is not asked for again once Moor shows it, for another session, or for a view of another generation", async () => {
    const { session, asked } = await originAfterChange();
    for (const claims of [{ ver: 6 }, { sid: "BBBBBBBBBBBBBBBBBBBBBB" }, { gen: 2, ver: 5 }]) {
      await session(await k1.sign(claims));
    }
    expect(asked()).toBe(0);
  });

  it("is an error while the session API does not answer, and no older copy", async () => {
    const { session } = await originAfterChange({}, 503);
    await expect(session(await OLD)).rejects.toMatchObject({ code: "session-unavailable" });
  });

  it("leaves the view that Moor shows if the session is over", async () => {
    const { session } = await originAfterChange({ code: "ended" }, 410);
    expect((await session(await OLD)).attributes).toEqual({ basket: { tea: 2 } });
  });
});

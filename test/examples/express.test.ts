import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { endApps, ending, servers, site, startApps, visitor } from "./express-apps.ts";

beforeAll(startApps);
afterAll(endApps);

describe("express-session's documented examples, with moor/express for express-session", () => {
  it("the view counter counts each page, whichever server answers", async () => {
    const { get } = visitor("counter");
    const seen = [];
    for (const path of ["/foo?to=1", "/foo?to=2", "/bar?to=3", "/foo?to=4", "/bar?to=5"])
      seen.push((await get(path)).text);
    expect(seen).toEqual([
      "you viewed this page 1 times",
      "you viewed this page 2 times",
      "you viewed this page 1 times",
      "you viewed this page 3 times",
      "you viewed this page 2 times",
    ]);
    expect((await visitor("counter").get("/foo")).text).toBe("you viewed this page 1 times");
  });

  it("the login knows its user until they log out", async () => {
    const { get, post } = visitor("login");
    expect((await get("/")).text).toContain("<form");
    const login = await post("/login", { user: "zoë <1>", pass: "x" });
    expect([login.status, login.headers.location]).toEqual([302, "/"]);
    expect((await get("/")).text).toBe('hello, zoë &lt;1&gt;! <a href="/logout">Logout</a>');
    expect((await get("/logout")).status).toBe(302);
    expect((await get("/")).text).toContain("<form");
  });

  it("a planted session gains nothing by its victim's login", async () => {
    const attacker = visitor("login");
    await attacker.post("/login", { user: "mallory", pass: "x" });
    const victim = visitor("login", site.client(attacker.client.cookies));
    await victim.post("/login", { user: "victim", pass: "x" });
    expect((await attacker.get("/")).text).toContain("hello, mallory!");
    expect((await victim.get("/")).text).toContain("hello, victim!");
    expect((await attacker.get("/")).text).not.toContain("victim");
  });

  it("the expiring counter tells how long is left", async () => {
    const { get } = visitor("expiring");
    expect((await get("/")).text).toBe("welcome to the session demo. refresh!");
    const [, views, seconds] = /^<p>views: (\d+)<\/p><p>expires in: ([\d.]+)s<\/p>$/.exec((await get("/")).text) ?? [];
    expect(Number(views)).toBe(2);
    expect(Number(seconds)).toBeGreaterThan(50);
    expect(Number(seconds)).toBeLessThanOrEqual(60);
  });
});

describe("req.session", () => {
  it("costs nothing as long as it is not changed", async () => {
    const before = await site.moor.storedSessions();
    const { get } = visitor("probe");
    for (let visit = 0; visit < 3; visit++) expect(await json(get("/"))).toMatchObject({ session: {} });
    expect(await site.moor.storedSessions()).toEqual(before);
  });

  it("has an id from its first change on, on every server", async () => {
    const { get } = visitor("probe");
    const { id } = await json(get("/set?a=1&to=1"));
    expect(id).toMatch(/^[\w-]{32}$/);
    for (const to of [2, 3, 4]) expect(await json(get(`/?to=${to}`))).toEqual({ id, session: { a: "1" } });
  });

  it("keeps the changes of parallel requests, each to a different attribute", async () => {
    const { get } = visitor("probe");
    await get("/set?a=0");
    await Promise.all(["b", "c", "d", "e"].map((name, to) => get(`/set?${name}=1&to=${to}`)));
    expect((await json(get("/"))).session).toEqual({ a: "0", b: "1", c: "1", d: "1", e: "1" });
  });

  it("regenerates: nothing of it stays, and the id is another", async () => {
    const { get } = visitor("probe");
    const { id } = await json(get("/set?a=1"));
    const fresh = await json(get("/regenerate?b=2"));
    expect(fresh.id).not.toBe(id);
    expect(await json(get("/"))).toEqual({ id: fresh.id, session: { b: "2" } });
  });

  it("is destroyed, and off the request", async () => {
    const { get, client } = visitor("probe");
    const { id } = await json(get("/set?a=1"));
    expect(await json(get("/destroy"))).toEqual({ session: "gone" });
    expect(client.token).toBeUndefined();
    const after = await json(get("/"));
    expect(after.session).toEqual({});
    expect(after.id).not.toBe(id);
  });

  it("reloads data that has been stored in the meantime, and forgets data that was not stored", async () => {
    const { get } = visitor("probe");
    await get("/set?a=1");
    const reloading = json(get("/reload?b=lost&waitMs=400"));
    await get("/set?c=3");
    expect((await reloading).session).toEqual({ a: "1", c: "3" });
    expect((await json(get("/"))).session).toEqual({ a: "1", c: "3" });
  });

  it("cannot reload a session that is not stored", async () => {
    expect(await visitor("probe").get("/reload?b=1")).toMatchObject({
      status: 500,
      text: "failed to load session: it is not stored yet",
    });
  });

  it("stores data that is set after the headers are sent before the response ends", async () => {
    const { get } = visitor("probe");
    await get("/set?a=1");
    expect((await get("/stream?b=2")).text).toBe("begun, ended");
    expect((await json(get("/"))).session).toEqual({ a: "1", b: "2" });
    expect((await get("/stream?c=3&save")).text).toBe("begun, saved, ended");
    expect((await json(get("/"))).session).toEqual({ a: "1", b: "2", c: "3" });
  });

  it("lasts as long as its cookie.maxAge, from the last request on, and then is empty under another id", async () => {
    const { get } = visitor("probe");
    const { id } = await json(get("/set?a=1&maxAge=3000"));
    const readAt = Date.now();
    while (Date.now() < readAt + 3_500) {
      expect((await json(get("/"))).session).toEqual({ a: "1" });
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    await new Promise((resolve) => setTimeout(resolve, 3_300));
    const after = await json(get("/"));
    expect(after.session).toEqual({});
    expect(after.id).not.toBe(id);
  });

  it("is not written for each request that only touches it", async () => {
    const { get } = visitor("probe");
    await get("/set?a=1&maxAge=60000");
    const version = async () => (await json(get("/version"))).version;
    const first = await version();
    for (let visit = 0; visit < 3; visit++) await get("/");
    expect(await version()).toBe(first);
  });

  it("with null for a value is without it", async () => {
    const { get } = visitor("probe");
    await get("/set?a=1&b=2");
    await get("/null?a");
    expect((await json(get("/"))).session).toEqual({ b: "2" });
  });

  it.each([4_000, 20_000])(
    "of %i bytes more goes through the session API, and the next request sees it",
    async (bytes) => {
      const { get } = visitor("probe");
      await get("/set?a=1");
      expect(await get(`/fill?bytes=${bytes}`)).toMatchObject({ status: 200, text: "filled" });
      expect((await json(get("/"))).session).toEqual({ a: "1", filling: "x".repeat(bytes) });
    },
  );

  it("that no way can carry makes the response an error without the page of success, and stays as it was", async () => {
    const { get } = visitor("probe");
    await get("/set?a=1");
    const tooLarge = await get("/fill?bytes=70000");
    expect([tooLarge.status, tooLarge.text]).toEqual([500, expect.stringContaining("413")]);
    const login = await get("/fill?bytes=20000&regenerate");
    expect([login.status, login.text]).toEqual([500, expect.stringContaining("one response carries 16384")]);
    expect((await json(get("/"))).session).toEqual({ a: "1" });
  });

  it("does not exist, and the request is an error, for a client that comes past Moor", async () => {
    const { port } = servers.find(({ pool }) => pool === "probe")!;
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "Moor-Session": "a.b.c" } });
    expect([response.status, await response.text()]).toEqual([
      403,
      "the handoff is refused: it is no compact JWT signed with ES256",
    ]);
  });

  it("is empty for a request without a handoff, and cannot be regenerated", async () => {
    const { port } = servers.find(({ pool }) => pool === "probe")!;
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return [response.status, await response.text()];
    };
    expect(await ask("/")).toEqual([200, expect.stringContaining('"session":{}')]);
    expect(await ask("/regenerate?a=1")).toEqual([403, expect.stringContaining("no Moor-Session header")]);
  });
});

describe("req.session of a WebSocket", () => {
  /** Sends messages to the session of a socket, and returns the answers. */
  async function overSocket({ client }: ReturnType<typeof visitor>, ...messages: object[]): Promise<string[]> {
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { Host: "probe.test", "X-Forwarded-Proto": "https", Cookie: cookie };
    const socket = new WebSocket(`ws://127.0.0.1:${site.moor.port}/`, { headers });
    ending.push(async () => socket.terminate());
    await once(socket, "open");
    const answers = [];
    for (const message of messages) {
      socket.send(JSON.stringify(message));
      answers.push(String((await once(socket, "message"))[0]));
    }
    return answers;
  }

  it("is stored when save calls back, with all that its visitor has stored before", async () => {
    const probe = visitor("probe");
    await probe.get("/set?a=1");
    const messages = [
      { set: { b: "2" }, call: "save" },
      { set: { c: "3" }, call: "save" },
    ];
    expect(await overSocket(probe, ...messages)).toEqual(["save: done", "save: done"]);
    expect((await json(probe.get("/reload"))).session).toEqual({ a: "1", b: "2", c: "3" });
  });

  it("is destroyed when destroy calls back", async () => {
    const probe = visitor("probe");
    await probe.get("/set?a=1");
    expect(await overSocket(probe, { call: "destroy" })).toEqual(["destroy: done"]);
    expect((await probe.get("/reload")).status).toBe(500);
  });

  it("cannot be regenerated, because no token reaches the visitor", async () => {
    const probe = visitor("probe");
    await probe.get("/set?a=1");
    const [answer] = await overSocket(probe, { call: "regenerate" });
    expect(answer).toMatch(/^a session cannot be regenerated .* in a request for a WebSocket$/);
  });

  it("is an error to save for a visitor of whom nothing is stored", async () => {
    const [answer] = await overSocket(visitor("probe"), { set: { a: "1" }, call: "save" });
    expect(answer).toContain("409");
  });
});

async function json(answer: Promise<{ status: number; text: string }>) {
  const { status, text } = await answer;
  expect(status, text).toBe(200);
  return JSON.parse(text);
}

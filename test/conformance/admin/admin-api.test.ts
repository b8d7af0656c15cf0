import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import type { Answer } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const [site, bare, own] = await Promise.all([
  startSite([origin], { principals: {}, admin: {}, adminToken: ADMIN_TOKEN }),
  startSite([origin], { adminToken: ADMIN_TOKEN }),
  startSite([origin], { admin: { host: "admin.test", attributes: true }, adminToken: ADMIN_TOKEN }),
]);
const admin = adminOf(site);
afterAll(async () => {
  await Promise.all([site.stop(), bare.stop(), own.stop()]);
  await origin.kill();
});

/** A session of a visitor who is logged in. */
async function session(principal: string): Promise<string> {
  const browser = site.client();
  await browser.ask(`/?login=${principal}&set=card:4242-4242`, { method: "POST" });
  return (await browser.ask("/")).told.session.sid ?? "";
}

/** The lines of an event that `work` leaves. A line of another request after them shows that all have come. */
async function linesOf(event: string, leave: () => Promise<void>): Promise<unknown[]> {
  const isFence = (line: string) => line.includes('"action":"count","status":400');
  const fences = site.moor.logged.filter(isFence).length;
  const from = site.moor.logged.length;
  await leave();
  await admin.ask("/sessions/count");
  await expect.poll(() => site.moor.logged.filter(isFence).length).toBe(fences + 1);
  const lines = site.moor.logged.slice(from).filter((line) => !isFence(line));
  return lines.map((line) => JSON.parse(line)).filter((line) => line.event === event);
}

const REQUESTS: [string, string][] = [
  ["GET", "/sessions?principal=alice"],
  ["GET", "/sessions/count?principal=alice"],
  ["DELETE", "/sessions?principal=alice"],
  ["GET", "/sessions/AAAAAAAAAAAAAAAAAAAAAA"],
  ["DELETE", "/sessions/AAAAAAAAAAAAAAAAAAAAAA"],
];

describe("a client that is not an admin", () => {
  async function expectNothing(asked: Promise<Answer>) {
    const [answer, unknown] = [await asked, await site.client().send("/.moor/nothing")];
    const { date, ...headers } = unknown.headers;
    expect(answer.status).toBe(404);
    expect(answer.bytes).toEqual(unknown.bytes);
    expect({ ...answer.headers, date }).toEqual({ ...headers, date });
  }

  it.each(REQUESTS)("is answered as at an unknown path, byte for byte: %s %s", async (method, path) => {
    const ask = (headers: Record<string, string>) => site.client().send(`/.moor/admin${path}`, { method, headers });
    await expectNothing(ask({}));
    for (const wrong of ["", "x", ADMIN_TOKEN.slice(0, -1), `${ADMIN_TOKEN}x`, ADMIN_TOKEN.toUpperCase()]) {
      await expectNothing(ask({ Authorization: `Bearer ${wrong}` }));
    }
    await expectNothing(ask({ Authorization: ADMIN_TOKEN }));
    await expectNothing(ask({ Authorization: `Basic ${btoa(`admin:${ADMIN_TOKEN}`)}` }));
    await expectNothing(ask({ Cookie: `moor-admin=${ADMIN_TOKEN}; CF_Authorization=${ADMIN_TOKEN}` }));
    await expectNothing(ask({ "Cf-Access-Jwt-Assertion": ADMIN_TOKEN }));
  });

  it.each(REQUESTS)("is also a page that an admin has open: %s %s", async (method, path) => {
    for (const headers of [
      { Origin: "https://shop.test" },
      { "Sec-Fetch-Site": "same-origin" },
      { "Sec-Fetch-Site": "none" },
    ]) {
      await expectNothing(admin.ask(path, { method, headers: headers as Record<string, string> }));
    }
  });

  it("is any client where admin is not configured", async () => {
    for (const [method, path] of REQUESTS) {
      await expectNothing(adminOf(bare).ask(path, { method }));
    }
  });

  it("is any client at another host, if the admin API has its own host", async () => {
    const path = "/sessions/AAAAAAAAAAAAAAAAAAAAAA";
    await expectNothing(adminOf(own).ask(path));
    expect(JSON.parse((await adminOf(own).ask(path, { headers: { Host: "admin.test" } })).text).code).toBe("not_found");
  });

  it("sees nothing of CORS", async () => {
    const preflight = { Origin: "https://evil.test", "Access-Control-Request-Method": "DELETE" };
    await expectNothing(site.client().send("/.moor/admin/sessions", { method: "OPTIONS", headers: preflight }));
  });

  it("leaves a log line after a wrong credential, without the credential", async () => {
    const fresh = await linesOf("admin_refused", async () => {
      await site.client().send("/.moor/admin/sessions", { headers: { Authorization: "Bearer guess-one-two" } });
    });
    expect(fresh).toEqual([{ event: "admin_refused", request: expect.any(String), reason: "the token is wrong" }]);
    expect(site.indiscretions("guess-one-two")).toEqual([]);
  });
});

describe("an admin", () => {
  it("looks at a session, without its attributes", async () => {
    const id = await session("alice");
    const { status, headers, text } = await admin.ask(`/sessions/${id}`);
    expect(status).toBe(200);
    expect(headers["cache-control"]).toBe("no-store");
    expect(JSON.parse(text)).toMatchObject({ id, principal: "alice", version: 1, generation: 1, attributeBytes: 20 });
    expect(text).not.toContain("4242-4242");
    const asked = await admin.ask(`/sessions/${id}?attributes=true`);
    expect([asked.status, JSON.parse(asked.text).code]).toEqual([403, "forbidden"]);
  });

  it("sees attributes if the configuration allows it and they ask for them", async () => {
    const browser = own.client();
    await browser.ask("/?set=basket:apples", { method: "POST" });
    const id = (await browser.ask("/")).told.session.sid;
    const at = { headers: { Host: "admin.test" } };
    expect(JSON.parse((await adminOf(own).ask(`/sessions/${id}`, at)).text)).not.toHaveProperty("attributes");
    expect(JSON.parse((await adminOf(own).ask(`/sessions/${id}?attributes=true`, at)).text).attributes).toEqual({
      basket: "apples",
    });
  });

  it("ends a session, and its visitor is logged out", async () => {
    const browser = site.client();
    await browser.ask("/?login=bob", { method: "POST" });
    const id = (await browser.ask("/")).told.session.sid ?? "";
    expect((await admin.end(id)).status).toBe(204);
    expect((await admin.end(id)).status).toBe(204);
    expect((await admin.ask(`/sessions/${id}`)).status).toBe(410);
    await expect.poll(async () => (await browser.ask("/")).told.session.sub).toBe(undefined);
  });

  it("counts, lists in pages, and ends all sessions of a principal except one", async () => {
    const ids = [];
    for (let login = 0; login < 3; login++) ids.push(await session("carol"));
    await expect.poll(() => admin.count("carol")).toBe(3);
    const first = JSON.parse((await admin.ask("/sessions?principal=carol&most=2")).text);
    const second = JSON.parse((await admin.ask(`/sessions?principal=carol&most=2&after=${first.next}`)).text);
    const listed = [...first.sessions, ...second.sessions].map(({ id }: { id: string }) => id);
    expect(listed).toEqual(ids.toReversed());
    const ended = await admin.endAll("carol", `&except=${ids[1]}`);
    expect([ended.status, JSON.parse(ended.text)]).toEqual([200, { ended: 2, left: 0 }]);
    expect((await admin.list("carol")).map(({ id }) => id)).toEqual([ids[1]]);
  });

  it("finds no sessions of an unknown principal", async () => {
    expect(JSON.parse((await admin.ask("/sessions?principal=nobody")).text)).toEqual({ count: 0, sessions: [] });
    expect((await admin.ask("/sessions/AAAAAAAAAAAAAAAAAAAAAA")).status).toBe(404);
    expect((await admin.end("AAAAAAAAAAAAAAAAAAAAAA")).status).toBe(404);
  });

  it("addresses any principal there can be", async () => {
    for (const odd of ["..", "a/b", "a%2Fb", "a?b&c=d#e", "{}\"'<>"]) {
      const browser = site.client();
      await browser.ask(`/?login=${encodeURIComponent(odd)}`, { method: "POST" });
      await expect.poll(() => admin.count(odd)).toBe(1);
    }
  });

  it.each([
    ["no principal", "/sessions", 400, "bad_principal"],
    ["a principal that is none", "/sessions?principal=a%20b", 400, "bad_principal"],
    ["too many at once", "/sessions?principal=a&most=101", 400, "bad_most"],
  ])("is told of their mistake: %s", async (_what, path, status, code) => {
    const answer = await admin.ask(path);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([status, code]);
  });

  it("is told where sessions are not indexed, and ends a session by its id all the same", async () => {
    const at = { headers: { Host: "admin.test" } };
    const answer = await adminOf(own).ask("/sessions?principal=alice", at);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([409, "not_indexed"]);
    const browser = own.client();
    await browser.ask("/?login=alice", { method: "POST" });
    const id = (await browser.ask("/")).told.session.sid;
    expect((await adminOf(own).ask(`/sessions/${id}`, { method: "DELETE", ...at })).status).toBe(204);
  });

  it("leaves a line for every action, with its author and its result, and no principal, id or value", async () => {
    const id = await session("dave");
    await expect.poll(() => admin.count("dave")).toBe(1);
    const fresh = await linesOf("admin", async () => {
      await admin.ask(`/sessions/${id}`);
      await admin.list("dave");
      await admin.endAll("dave");
      await admin.end(id);
      await admin.ask("/sessions?principal=");
    });
    const by = { event: "admin", request: expect.any(String), who: "token" };
    const shown = { session: id.slice(0, 8) };
    const dave = { principal: expect.stringMatching(/^[A-Za-z0-9_-]{8}$/) };
    expect(fresh).toEqual([
      { ...by, action: "look", status: 200, ...shown },
      { ...by, action: "list", status: 200, ...dave },
      { ...by, action: "end-all", status: 200, ...dave },
      { ...by, action: "end", status: 204, ...shown },
      { ...by, action: "list", status: 400 },
    ]);
    expect(site.indiscretions("dave", id, "4242-4242")).toEqual([]);
  });
});

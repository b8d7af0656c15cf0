/** @any-runtime */
/** @any-authority */
import { afterAll, describe, expect, it } from "vitest";
import { ofObjectsAlone } from "../../support/node/authority.ts";
import { type Client, OVER_HTTPS } from "../../support/node/client.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const [origin, writer] = await Promise.all([startOrigin("a"), startLocalOrigin("writer")]);
const site = await startSite([], {
  watched: true,
  pools: [
    { id: "shop", origins: [originConfig(origin)], session: { may: ["patch", "principal", "end"] } },
    { id: "writer", origins: [originConfig(writer)] },
  ],
  routes: [
    { path: "/write", pool: "writer" },
    { path: "/*", pool: "shop" },
  ],
  handoff: { dataBytes: 20 },
  session: { graceSeconds: 0, maxAttributeBytes: 4_096, idleSeconds: 600 },
});
afterAll(async () => {
  await site.stop();
  await Promise.all([origin.kill(), writer.stop()]);
});

/** Calls the API as an origin does, with the handoff of a request. */
async function call(jwt: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${site.moor.port}/.moor/session`, {
    ...init,
    headers: { ...OVER_HTTPS, Authorization: `Bearer ${jwt}`, ...init.headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}
const patch = (jwt: string, body: unknown, headers: Record<string, string> = {}) =>
  call(jwt, { method: "PATCH", body: typeof body === "string" ? body : JSON.stringify(body), headers });

/** A visitor with a basket, and the handoff of their latest request. */
async function visitor() {
  const client = site.client();
  await client.ask("/?login=alice&set=basket:apples-and-pears", { method: "POST" });
  return { client, ...(await handoffOf(client)) };
}

/** The version of its record that the client has seen. */
function versionIn(token = ""): number {
  return Buffer.from(token, "base64url").readUInt32BE(18);
}

async function handoffOf(client: Client) {
  const { told } = await client.ask("/");
  return { jwt: told.headers["moor-session"] ?? "", session: told.session };
}

describe("GET /.moor/session", () => {
  it("returns the attributes that were too large for the handoff", async () => {
    const { jwt, session } = await visitor();
    expect(session).not.toHaveProperty("data");
    const { status, headers, body } = await call(jwt);
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"1"');
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toEqual({
      id: session.sid,
      generation: 1,
      version: 1,
      principal: "alice",
      attributes: { basket: "apples-and-pears" },
      bornAt: expect.any(Number),
      idleDeadline: expect.any(Number),
      absoluteDeadline: expect.any(Number),
      loggedInAt: expect.any(Number),
    });
  });
});

describe("PATCH /.moor/session", () => {
  it("merges into the attributes", async () => {
    const { client, jwt } = await visitor();
    const { status, headers, body } = await patch(jwt, { basket: null, address: { street: "Quay" } });
    expect(status).toBe(200);
    expect(headers.get("etag")).toBe('"2"');
    expect(body).toMatchObject({ version: 2, principal: "alice", attributes: { address: { street: "Quay" } } });
    expect((await call((await handoffOf(client)).jwt)).body.attributes).toEqual({ address: { street: "Quay" } });
  });

  const asMany = ofObjectsAlone("fifty writers of one session are more than its twelve attempts serve");
  it("loses no patch of another attribute, however many come at once", asMany, async () => {
    const { jwt } = await visitor();
    const names = Array.from({ length: 50 }, (_, index) => `a${index}`);
    const answers = await Promise.all(names.map((name) => patch(jwt, { [name]: name })));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 200));
    const expected = Object.fromEntries(names.map((name) => [name, name]));
    expect((await call(jwt)).body.attributes).toMatchObject(expected);
  });

  it("with If-Match is carried out on that version alone", async () => {
    const { jwt } = await visitor();
    expect((await patch(jwt, { count: 1 }, { "If-Match": '"1"' })).status).toBe(200);
    const conflict = await patch(jwt, { count: 2 }, { "If-Match": '"1"' });
    expect(conflict).toMatchObject({ status: 412, body: { code: "conflict", version: 2 } });
    expect((await call(jwt)).body).toMatchObject({ version: 2, attributes: { count: 1 } });
  });

  it("with If-Match lets one of two changes win", async () => {
    const { jwt } = await visitor();
    const both = await Promise.all([1, 2].map((count) => patch(jwt, { count }, { "If-Match": '"1"' })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it.each([
    ["what is not JSON", "S3CRET", {}, 400],
    ["what is no object", "[1]", {}, 400],
    ["what is too large", JSON.stringify({ a: "x".repeat(5_000) }), {}, 413],
    ["what grows too large", JSON.stringify({ a: "x".repeat(4_070) }), {}, 413],
    ["a version that is none", "{}", { "If-Match": "*" }, 400],
  ])("refuses %s", async (_, body, headers: Record<string, string>, status) => {
    const { jwt } = await visitor();
    expect((await patch(jwt, body, headers)).status).toBe(status);
    expect((await call(jwt)).body).toMatchObject({ version: 1, attributes: { basket: "apples-and-pears" } });
  });
});

describe("POST /.moor/session", () => {
  const renew = (jwt: string) => call(jwt, { method: "POST" });

  it("answers the session with a handoff that the API accepts", async () => {
    const { client, jwt } = await visitor();
    await patch(jwt, { basket: "pears" });
    const renewed = await renew(jwt);
    expect(renewed).toMatchObject({ status: 200, body: { principal: "alice", attributes: { basket: "pears" } } });
    expect((await call(renewed.headers.get("moor-session") ?? "")).body).toEqual(renewed.body);
    expect((await handoffOf(client)).session).toMatchObject({ sub: "alice" });
  });

  it("counts as a use of the session, whose idle timeout begins anew", async () => {
    let { jwt } = await visitor();
    for (let seconds = 0; seconds < 700; seconds += 50) {
      await site.moor.elapse(50);
      const renewed = await renew(jwt);
      expect(renewed.status).toBe(200);
      jwt = renewed.headers.get("moor-session") ?? "";
    }
  });

  it("tells by 410 that the session has ended", async () => {
    const { client, jwt } = await visitor();
    await client.ask("/?end=1", { method: "POST" });
    expect(await renew(jwt)).toMatchObject({ status: 410, body: { code: "ended" } });
  });

  it("tells by 410 that the visitor has logged in anew", async () => {
    const { client, jwt } = await visitor();
    await client.ask("/?login=alice", { method: "POST" });
    expect(await renew(jwt)).toMatchObject({ status: 410, body: { code: "superseded" } });
  });
});

describe("a version that an origin writes while it answers", () => {
  it("is in the client's token when the origin names it in Moor-Version, so that the visitor's next request sees it", async () => {
    const { client } = await visitor();
    writer.answers(async (request, response) => {
      const { body } = await patch(String(request.headers["moor-session"]), { count: 1 });
      response.setHeader("Moor-Version", body.version).end();
    });
    expect(versionIn(client.token)).toBe(1);
    expect((await client.ask("/write")).headers).not.toHaveProperty("moor-version");
    expect(versionIn(client.token)).toBe(2);
    expect((await handoffOf(client)).session.ver).toBe(2);
  });
});

describe("DELETE /.moor/session", () => {
  it("ends the session, for good", async () => {
    const { client, jwt } = await visitor();
    expect((await call(jwt, { method: "DELETE" })).status).toBe(204);
    expect((await call(jwt)).status).toBe(410);
    expect((await patch(jwt, { a: 1 })).status).toBe(410);
    expect((await call(jwt, { method: "DELETE" })).status).toBe(204);
    expect((await handoffOf(client)).session).toMatchObject({ new: true });
  });
});

describe("the session API", () => {
  it("answers 409 to the handoff of a session that is not stored", async () => {
    const { jwt } = await handoffOf(site.client());
    for (const method of ["GET", "PATCH", "DELETE"]) {
      expect(await call(jwt, { method, ...(method === "PATCH" ? { body: "{}" } : {}) })).toMatchObject({ status: 409 });
    }
  });

  it.each([
    { Origin: "https://shop.test" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "same-origin" },
    { "Sec-Fetch-Site": "none" },
  ])("refuses browsers (%o), and offers no CORS", async (headers) => {
    const { jwt } = await visitor();
    const { client } = await visitor();
    const asking = { headers: { ...headers, Authorization: `Bearer ${jwt}`, Host: "127.0.0.1" } };
    for (const method of ["GET", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await client.send("/.moor/session", { ...asking, method });
      expect(answer.status).toBe(method === "OPTIONS" ? 404 : 403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });

  it("takes the handoff alone for an authorisation", async () => {
    const { client, jwt } = await visitor();
    const [header, payload] = jwt.split(".");
    for (const bearer of [
      "",
      "x",
      client.token ?? "",
      `${header}.${payload}.`,
      `${header}.${payload}.${"A".repeat(86)}`,
    ]) {
      expect((await call(bearer)).status).toBe(401);
    }
    const unsigned = Buffer.from('{"alg":"none","kid":"1"}').toString("base64url");
    expect((await call(`${unsigned}.${payload}.`)).status).toBe(401);
    expect((await client.send("/.moor/session")).status).toBe(401);
  });

  it("refuses the handoff of a generation that has been superseded", async () => {
    const { client, jwt } = await visitor();
    await client.ask("/?rotate", { method: "POST" });
    await client.ask("/");
    expect((await patch(jwt, { a: 1 })).status).toBe(410);
    expect((await call(jwt)).status).toBe(410);
  });

  it("answers 404 on unknown paths below its own, and never passes them on", async () => {
    const { client } = await visitor();
    for (const path of ["/.moor/", "/.moor/x", "/.moor/session/x", "/a/../.moor/x", "/.moor/%2e%2e/.moor/x"]) {
      expect((await client.send(path)).status).toBe(404);
    }
  });
});

it("keeps keys, tokens, principals and attributes out of the log", () => {
  expect(site.indiscretions("alice", "apples", "S3CRET")).toEqual([]);
});

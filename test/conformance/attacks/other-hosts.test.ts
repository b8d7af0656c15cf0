import { request } from "node:http";
import { json } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import type { Answer, Asking, Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

// Two tenants, each with servers of its own, and the host of the issuer.
const [shopA, shopB] = await Promise.all([startOrigin("a"), startOrigin("b")]);
const session = { may: ["patch" as const, "principal" as const, "end" as const] };
const site = await startSite([], {
  session: { bindTo: "host", remember: {} },
  explain: true,
  carriers: [{ type: "cookie" }, { type: "header" }, { type: "url" }],
  pools: [
    { id: "a", origins: [originConfig(shopA)], session },
    { id: "b", origins: [originConfig(shopB)], session },
  ],
  routes: [
    { host: "a.test", path: "/*", pool: "a" },
    { host: "*.test", path: "/*", pool: "b" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([shopA.kill(), shopB.kill()]);
});

const at = (host: string, asking: Asking = {}): Asking => ({ ...asking, headers: { Host: host, ...asking.headers } });
const [A, B] = ["a.test", "b.test"] as const;

/** A client that tenant A has logged in as Bob, for good. */
async function bobOfA(): Promise<Client> {
  const client = site.client();
  expect((await client.ask("/?login=bob&remember&set=basket:tea", at(A, { method: "POST" }))).status).toBe(200);
  expect((await client.ask("/", at(A))).told.session).toMatchObject({ sub: "bob", data: { basket: "tea" } });
  return client;
}
const textOf = ({ cookies }: Client) => [cookies.get("__Host-moor"), cookies.get("__Host-moor-gen")].join(".");

/** Neither a session nor a question to a store. */
function expectNobody({ told }: Answer): void {
  expect(told.session).toMatchObject({ new: true, gen: 0, ver: 0 });
  expect(told.session).not.toHaveProperty("sub");
  expect(told.session).not.toHaveProperty("data");
  expect(told.headers["moor-explain"]).toContain("session=none");
}

describe("a token of one host, with session.bindTo", () => {
  it("is valid at its own host, whatever the case of its letters and the port", async () => {
    const client = await bobOfA();
    for (const host of ["A.test", "a.test:8443"]) {
      expect((await client.ask("/", at(host))).told.session).toMatchObject({ sub: "bob" });
    }
  });

  it.each<[string, (text: string) => [path: string, Asking]]>([
    [
      "as a cookie",
      (text) => [
        "/",
        { headers: { Cookie: `__Host-moor=${text.split(".")[0]}; __Host-moor-gen=${text.split(".")[1]}` } },
      ],
    ],
    ["in a header", (text) => ["/", { headers: { Authorization: `Bearer ${text}` } }]],
    ["in an address", (text) => [`/?moor=${text}`, {}]],
  ])("is void at another host %s, and asks no store there", async (_how, send) => {
    const [path, asking] = send(textOf(await bobOfA()));
    for (const host of [B, "other.test", "a.test.", "x.a.test"]) {
      expectNobody(await site.client().ask(path, at(host, asking)));
    }
    expect((await site.client().ask(path, at(A, asking))).told.session).toMatchObject({ sub: "bob" });
  });

  it("changes and ends nothing from there", async () => {
    const client = await bobOfA();
    const thief = site.client(client.cookies);
    await thief.ask("/?set=basket:stolen", at(B, { method: "POST" }));
    expect((await thief.ask("/", at(B))).told.session).toMatchObject({ ver: 1, data: { basket: "stolen" } });
    const other = site.client(client.cookies);
    expect(
      (await other.ask("/.moor/logout", at(B, { method: "POST", headers: { Origin: "https://b.test" } }))).status,
    ).toBe(204);
    await site.client(client.cookies).ask("/?end", at(B, { method: "POST" }));
    expect((await client.ask("/", at(A))).told.session).toMatchObject({ sub: "bob", data: { basket: "tea" } });
  });

  it("founds no session there under the key that its tenant may know", async () => {
    const client = site.client();
    await client.ask("/", at(A));
    const { token } = client;
    const planted = site.client([["__Host-moor", String(token)]]);
    await planted.ask("/?login=victim", at(B, { method: "POST" }));
    const [atB, atA] = [await planted.ask("/", at(B)), await client.ask("/", at(A))];
    expect(atB.told.session).toMatchObject({ sub: "victim" });
    expect(atA.told.session).toMatchObject({ new: true });
    expect(planted.token).not.toBe(token);
  });

  it("is void there as a provisional token as well", async () => {
    const client = site.client();
    await client.ask("/", at(A));
    const Cookie = `__Host-moor-new=${client.token}`;
    expect((await site.client().ask("/", at(A, { headers: { Cookie } }))).told.headers["moor-explain"]).toContain(
      "session=new",
    );
    const atB = await site.client().ask("/?set=basket:tea", at(B, { method: "POST", headers: { Cookie } }));
    expectNobody(atB);
    expect(atB.setCookies.map((line) => line.split("=", 1)[0])).toEqual(["__Host-moor"]);
  });

  it("is void there although the same isolate has just accepted it at its own host, and the other way round", async () => {
    const client = await bobOfA();
    for (let turn = 0; turn < 3; turn++) {
      expectNobody(await client.send("/", at(B)));
      expect((await client.send("/", at(A))).told.session).toMatchObject({ sub: "bob" });
    }
  });
});

describe("a handoff of one host, with session.bindTo", () => {
  /** Calls the session API at a host, with the handoff of Bob's request to tenant A. */
  async function call(host: string, method = "GET") {
    const { told } = await (await bobOfA()).ask("/", at(A));
    const headers = {
      Host: host,
      "X-Forwarded-Proto": "https",
      Authorization: `Bearer ${told.headers["moor-session"]}`,
    };
    const answered = Promise.withResolvers<{ status: number | undefined; body: unknown }>();
    request({ host: "127.0.0.1", port: site.moor.port, path: "/.moor/session", method, headers }, async (response) =>
      answered.resolve({ status: response.statusCode, body: await json(response) }),
    ).end();
    return answered.promise;
  }

  it("opens the session API at its own host and at the issuer's, as the handoff names them", async () => {
    for (const host of [A, "shop.test"])
      expect(await call(host)).toMatchObject({ status: 200, body: { principal: "bob" } });
  });

  it.each(["GET", "PATCH", "POST", "DELETE"])("opens it at no other tenant's host: %s", async (method) => {
    expect(await call(B, method)).toMatchObject({ status: 403, body: { code: "other_host" } });
  });
});

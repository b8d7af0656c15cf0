/** @without-login */
/** @quick */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import type { PoolConfig } from "../../../src/config/pool-types.ts";
import { ofStoresAlone } from "../../support/node/authority.ts";
import type { Told } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin]);
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

describe("headers that a client sends in Moor's name", () => {
  it.each([
    "Moor-Session",
    "MOOR-SESSION",
    "Moor_Session",
    "moor.session",
    "Moor-Explain",
    "Moor-Anything",
    "X-Forwarded-For",
    "X_Forwarded_For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "x.forwarded_server",
    "Forwarded",
    "X-Real-IP",
    "X_Real_IP",
    "True-Client-IP",
    "True_Client_Ip",
  ])("do not reach the origin as %s", async (name) => {
    const { rawHeaders, headers } = (await site.client().ask("/", { headers: { [name]: "forged" } })).told;
    expect(rawHeaders.join("\n")).not.toContain("forged");
    expect(headers["moor-session"]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  it("are not made up for by several headers of the same name", async () => {
    const headers = { "Moor-Session": ["forged", "forged"], "X-Forwarded-Host": ["forged", "forged"] };
    expect((await site.client().ask("/", { headers })).told.rawHeaders.join("\n")).not.toContain("forged");
  });
});

describe("the headers that Moor sets", () => {
  it("are the host, protocol and address that the client used; the Host is the origin's", async () => {
    const { headers } = (await site.client().ask("/", { headers: { "CF-Connecting-IP": "192.0.2.7" } })).told;
    expect(headers).toMatchObject({
      host: `127.0.0.1:${origin.port}`,
      "x-forwarded-host": "shop.test",
      "x-forwarded-proto": "https",
      "x-forwarded-for": "192.0.2.7",
    });
  });

  it("cannot be struck out by Connection", async () => {
    const headers = { Connection: "Moor-Session, X-Forwarded-Host, Host" };
    const { told } = await site.client().ask("/", { headers });
    expect(told.headers).toMatchObject({ "x-forwarded-host": "shop.test", host: `127.0.0.1:${origin.port}` });
    expect(told.session).toMatchObject({ aud: "shop", new: true });
  });
});

describe("headers of a single hop", () => {
  it("stop at Moor, and so do the headers that Connection names", async () => {
    const headers = {
      Connection: "Upgrade, X-Secret-Of-This-Hop",
      "Keep-Alive": "timeout=99",
      "X-Secret-Of-This-Hop": "1",
      "Proxy-Authorization": "Basic Zm9v",
      "Proxy-Connection": "keep-alive",
      TE: "trailers",
      Upgrade: "h2c",
    };
    const { told } = await site.client().ask("/", { headers });
    const names = Object.keys(told.headers);
    for (const name of Object.keys(headers).filter((name) => name !== "Connection")) {
      expect(names).not.toContain(name.toLowerCase());
    }
    expect(told.headers.connection ?? "").not.toContain("X-Secret-Of-This-Hop");
  });
});

describe("everything else that a client sends", () => {
  it("arrives as it was sent", async () => {
    const headers = {
      Accept: "text/html;q=0.9, */*;q=0.1",
      "Accept-Encoding": "br, gzip;q=0.5",
      "Accept-Language": "de-CH",
      Authorization: "Basic dXNlcjpwYXNz",
      "Content-Type": 'application/json; charset="utf-8"',
      "If-None-Match": 'W/"1", "2"',
      Origin: "https://shop.test",
      "User-Agent": "moored/1.0",
      "X-Moor": "not Moor's",
      X_Forwarded: "nor this",
    };
    const { told } = await site.client().ask("/a%20path?q=a+b&q=%C3%A9", { method: "PATCH", headers, body: '{"é":1}' });
    const expected = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
    expect(told.headers).toMatchObject(Object.fromEntries(expected));
    expect(told).toMatchObject({ method: "PATCH", url: "/a%20path?q=a+b&q=%C3%A9", body: '{"é":1}' });
  });
});

describe("cookies", () => {
  const byName = ofStoresAlone("its cookies have names of their own, and nobody can log in");
  it("of Moor's names are cut out, and the remaining bytes stay as they are", byName, async () => {
    const client = site.client();
    await client.ask("/?login=alice");
    const own = [...client.cookies].map(([name, value]) => `${name}=${value}`);
    const plain = ["moor=x", "moor-gen=y", "moor-mark-xx=z", "__Host-moor-mark-xx=1.2"];
    const headers = { Cookie: `a=1; ${own[0]};b="x, y";${own[1]}; c=%20=%3D;  moored=1; ${plain.join("; ")}; d` };
    const { told } = await client.send("/", { headers });
    expect(told.headers.cookie).toBe('a=1;b="x, y"; c=%20=%3D;  moored=1; d');
    expect(told.session.sub).toBe("alice");
  });

  it("leave no Cookie header behind when there is nothing left", byName, async () => {
    const client = site.client();
    await client.ask("/?login=alice");
    const { told } = await client.ask("/");
    expect(told.session.sub).toBe("alice");
    expect(told.headers).not.toHaveProperty("cookie");
  });

  it("never bring the origin a token or a proof", byName, async () => {
    const client = site.client();
    await client.ask("/?login=alice");
    const { told } = await client.ask("/");
    expect(client.held.size).toBeGreaterThanOrEqual(2);
    for (const secret of client.held) expect(JSON.stringify(told)).not.toContain(secret);
  });
});

it("keeps keys, tokens, principals and the values that it cut out of the log", () => {
  expect(site.indiscretions("alice", "forged", "dXNlcjpwYXNz")).toEqual([]);
});

describe("headers that a pool can do without", () => {
  async function toldBy(pool: Partial<PoolConfig>): Promise<Told> {
    const own = await startSite([origin], { pool });
    onTestFinished(() => own.stop());
    return (await own.client().ask("/", { headers: { "X-Forwarded-For": "forged", "Cache-Control": "max-age=60" } }))
      .told;
  }

  it("are those beside Forwarded, with forwardedHeaders: rfc7239; the client's own stay cut", async () => {
    const { headers, rawHeaders } = await toldBy({ forwardedHeaders: "rfc7239" });
    expect(headers.forwarded).toMatch(/^for=[^;]+;host="shop\.test";proto=https$/);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-forwarded-"))).toEqual([]);
    expect(rawHeaders.join("\n")).not.toContain("forged");
  });

  it("are those that forbid caches, with cacheBetween: false; the client's own arrive as on a route without sessions", async () => {
    expect((await toldBy({ cacheBetween: false })).headers["cache-control"]).toBe("max-age=60");
    expect((await toldBy({})).headers["cache-control"]).toBe("no-store, max-age=0");
  });
});

describe("headers that a pool announces", () => {
  it("are obeyed and cut; others pass to the client, and nothing is done", async () => {
    const own = await startSite([origin], { pool: { announcedHeaders: ["Moor-Patch"] } });
    onTestFinished(() => own.stop());
    const client = own.client();
    const { headers } = await client.ask("/?set=cart:tea&login=u1", { method: "POST" });
    expect(headers).not.toHaveProperty("moor-patch");
    expect(headers["moor-principal"]).toBe("u1");
    expect((await client.ask("/")).told.session).toMatchObject({ data: { cart: "tea" } });
  });
});

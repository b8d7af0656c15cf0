import { afterAll, describe, expect, it } from "vitest";
import type { Answer } from "../../support/node/client.ts";
import { forgeToken } from "../../support/node/forge.ts";
import { rawExchange } from "../../support/node/raw-exchange.ts";
import { startSite } from "../../support/node/site.ts";

const site = await startSite([], {
  role: "middleware",
  carriers: [{ type: "cookie" }, { type: "header" }, { type: "header", name: "X-Own" }, { type: "url" }],
  ignore: [{ path: "/assets/*" }, { path: "/%C3%BC%25/*" }, { extensions: ["css"] }],
} as Parameters<typeof startSite>[1]);
afterAll(() => site.stop());

/** Token and proof of a visitor who is logged in. */
async function held() {
  const client = site.client();
  await client.ask("/?login=alice", { method: "POST" });
  return { token: client.token ?? "", proof: client.cookies.get("__Host-moor-gen") ?? "" };
}

/** A request of every carrier, by its bytes: clients of HTTP resolve dot segments. */
async function sent(path: string, token: string, proof: string) {
  const response = await rawExchange(site.moor.port, [
    `GET ${path}${path.includes("?") ? "&" : "?"}moor=${token}.${proof}&b=2 HTTP/1.1`,
    "Host: shop.test",
    "X-Forwarded-Proto: https",
    `Cookie: a=1; __Host-moor=${token}; __Host-moor-gen=${proof}; __Host-moor-mark-xx=1; b=2`,
    `Authorization: Bearer ${token}.${proof}`,
    `X-Own: ${token}`,
    `Referer: https://shop.test/before?moor=${token}`,
  ]);
  const text = /\{.*\}/s.exec(response)?.[0] ?? "";
  return { text, told: JSON.parse(text) as Answer["told"] };
}

describe("a request that the configuration ignores", () => {
  it.each(["/assets/app.js", "/style.css", "/%c3%bc%25/x"])(
    "reaches its handler without token, proof and mark: %s",
    async (path) => {
      const { token, proof } = await held();
      const { text, told } = await sent(path, token, proof);
      expect(told.session).toBeUndefined();
      for (const secret of [token, proof, "moor-mark"]) expect(text).not.toContain(secret);
      expect([told.headers.cookie, told.headers.referer]).toEqual(["a=1; b=2", "https://shop.test/before"]);
      expect(told.url).toBe(`${path}?b=2`);
    },
  );

  it("keeps its address byte for byte, and its body, where there is no token", async () => {
    const answer = await site.client().send("/assets/x?a=%20&&b=%zz", { method: "POST", body: "whole" });
    expect(answer.told).toMatchObject({ url: "/assets/x?a=%20&&b=%zz", body: "whole" });
  });

  it("gets a response that sets all of its cookies except Moor's", async () => {
    const own = encodeURIComponent("Set-Cookie:__Host-moor=stolen; Path=/; Secure");
    const { setCookies } = await site.client().send(`/assets/x?header=${own}&header=Set-Cookie:a=1`);
    expect(setCookies).toEqual(["a=1"]);
    await expect.poll(() => site.moor.logged.filter((line) => line.includes("origin_cookie_dropped"))).toHaveLength(1);
  });
});

describe("the path that chooses a handler", () => {
  it.each(["/account/../assets/x", "/account/%2e%2e/assets/x", "/assets%2Fx"])(
    "is the path that decides whether the request has a session: %s is not below /assets",
    async (path) => {
      const { token, proof } = await held();
      expect((await sent(path, token, proof)).told.session).toMatchObject({ sub: "alice" });
    },
  );
});

it("a request with five tokens that do not open leaves one line", async () => {
  const junk = forgeToken(site.moor.keys, { secret: Buffer.alloc(32, 9), version: 1 });
  const refused = () => site.moor.logged.filter((line) => line.includes("token_refused"));
  for (let request = 0; request < 3; request++) await sent("/", junk, "");
  await expect.poll(refused).toHaveLength(3);
});

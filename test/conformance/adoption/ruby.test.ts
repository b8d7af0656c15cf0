/** @needs ruby-sinatra puma */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEndpoint } from "./endpoint.suite.ts";
import { type Move, sessionOf, startMove } from "./move.ts";

const shop = (store: string) => ({
  argv: ["ruby", "-I", resolve("sdk/ruby/lib"), resolve("test/conformance/adoption/old-sinatra.rb")],
  env: { APP_ENV: "production", STORE: store },
});

describe.each(["pool", "cookie"])("a visitor of a shop on Rack, with its sessions in a %s", (store) => {
  let move: Move;
  beforeAll(async () => {
    move = await startMove(() => shop(store), "rack.session");
  });
  afterAll(() => move?.stop());

  it("sees their login and their basket on the first page through Moor", async () => {
    const session = await sessionOf(move.bringing(await move.visitor("alice")));
    expect(session).toMatchObject({ sub: "alice", data: { user: "alice", basket: { apples: 2 } } });
  });

  testEndpoint(() => move);

  it("is logged out at the old shop by a logout at Moor, as far as it can", async () => {
    const cookie = await move.visitor("carol");
    const browser = move.bringing(cookie);
    await sessionOf(browser);
    await browser.ask("/?end", { method: "POST" });
    expect(browser.cookies.has("rack.session")).toBe(false);
    expect(await sessionOf(move.bringing(cookie))).toMatchObject({ new: true });
    if (store === "pool") expect(JSON.parse(await move.atOld("/", cookie))).toMatchObject({ user: null });
  });

  it("gets a fresh session with a forged cookie", async () => {
    const cookie = await move.visitor("dora");
    const forged = cookie.slice(0, 20) + (cookie[20] === "a" ? "b" : "a") + cookie.slice(21);
    expect(await sessionOf(move.bringing(forged))).toMatchObject({ new: true });
  });
});

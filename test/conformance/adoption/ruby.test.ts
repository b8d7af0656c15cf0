/** @needs ruby-sinatra puma ruby-railties */
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { testEndpoint, testEndpointOfStore } from "./endpoint.suite.ts";
import { forgedOf, type Move, sessionOf, startMove } from "./move.ts";

const shop = (file: string, store: string) => ({
  argv: ["ruby", "-I", resolve("sdk/ruby/lib"), resolve("test/conformance/adoption", file)],
  env: { APP_ENV: "production", RAILS_ENV: "production", STORE: store },
});

describe.each([
  { framework: "Rack", file: "old-sinatra.rb", cookie: "rack.session", place: "pool", onServer: true },
  { framework: "Rack", file: "old-sinatra.rb", cookie: "rack.session", place: "cookie", onServer: false },
  { framework: "Rails", file: "old-rails.rb", cookie: "_shop", place: "cache", onServer: true },
  { framework: "Rails", file: "old-rails.rb", cookie: "_shop", place: "cookie", onServer: false },
])("a visitor of a shop on $framework, with its sessions in a $place", ({ file, cookie: name, place, onServer }) => {
  let move: Move;
  beforeAll(async () => {
    move = await startMove(() => shop(file, place), name);
  });
  afterAll(() => move?.stop());

  it("sees their login and their basket on the first page through Moor", async () => {
    const session = await sessionOf(move.bringing(await move.visitor("alice")));
    expect(session).toMatchObject({ sub: "alice", data: { user: "alice", basket: { apples: 2 } } });
  });

  if (onServer) testEndpointOfStore(() => move);
  else testEndpoint(() => move);

  it("is logged out at the old shop by a logout at Moor, as far as it can", async () => {
    const cookie = await move.visitor("carol");
    const browser = move.bringing(cookie);
    await sessionOf(browser);
    await browser.ask("/?end", { method: "POST" });
    expect(browser.cookies.has(name)).toBe(false);
    expect(await sessionOf(move.bringing(cookie))).toMatchObject({ new: true });
    if (onServer) expect(JSON.parse(await move.atOld("/", cookie))).toMatchObject({ user: null });
  });

  it.skipIf(onServer)("goes back without their changes if the session is in the cookie alone", async () => {
    const browser = move.bringing(await move.visitor("hanna"));
    await browser.ask("/?set=basket:1", { method: "POST" });
    const back = JSON.parse((await browser.ask("/only-old/")).text) as object;
    expect(back).toMatchObject({ user: "hanna", basket: { apples: 2 } });
  });

  it("gets a fresh session with a forged cookie", async () => {
    const cookie = await move.visitor("dora");
    expect(await sessionOf(move.bringing(forgedOf(cookie)))).toMatchObject({ new: true });
  });
});

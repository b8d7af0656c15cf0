/** @any-runtime */
import { afterAll, describe, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { logIn, PAGE, pathIn, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite();
afterAll(stop);

/** A visitor whose first request was a script's. */
async function newcomer() {
  const client = site.client();
  await client.ask("/public/poll", { headers: SCRIPT });
  expect([...client.cookies.keys()]).toEqual(["__Host-moor-new"]);
  return client;
}

describe("a visitor with a provisional token", () => {
  it("logs in, and has a token in its place", async () => {
    const client = await newcomer();
    const before = (await site.moor.storedSessions()).length;
    const back = await logIn(client, "/orders/7", { login: "alice" });
    expect([back.status, pathIn(back)]).toEqual([303, "/orders/7"]);
    expect([...client.cookies.keys()]).toContain("__Host-moor");
    expect([...client.cookies.keys()]).not.toContain("__Host-moor-new");
    expect((await client.ask("/orders/7", { headers: PAGE })).told.session).toMatchObject({ sub: "alice" });
    expect((await site.moor.storedSessions()).length - before).toBe(1);
  });

  it("logs in although a late poll has replaced the token meanwhile", async () => {
    const client = await newcomer();
    const visitor = new ProviderVisitor();
    const sent = await client.ask("/orders/7", { headers: PAGE });
    const back = await visitor.logIn(String(sent.headers.location), { login: "alice" });
    const late = await newcomer();
    client.cookies.set("__Host-moor-new", String(late.cookies.get("__Host-moor-new")));
    const exchanged = provider.exchanges;
    const again = await client.ask(back.pathname + back.search, { headers: PAGE });
    expect([again.status, provider.exchanges]).toEqual([302, exchanged]);
    const done = await visitor.logIn(String(again.headers.location), { login: "alice" });
    expect(pathIn(await client.ask(done.pathname + done.search, { headers: PAGE }))).toBe("/orders/7");
    expect((await client.ask("/orders/7", { headers: PAGE })).told.session).toMatchObject({ sub: "alice" });
  });
});

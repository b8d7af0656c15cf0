/** @any-runtime */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { HOME, logIn, PAGE, pathIn, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite();
afterAll(stop);

const FORM = { ...PAGE, "Sec-Fetch-Site": "same-origin", Origin: HOME };

describe("a logout by the form of a page", () => {
  it("ends the session here, leads to the provider, and comes back to the page that the form names", async () => {
    const client = site.client();
    const visitor = new ProviderVisitor();
    await logIn(client, "/orders/7", { login: "alice" }, visitor);
    const left = await client.ask("/.moor/logout?to=/public/bye", { method: "POST", headers: FORM });
    expect(left.status).toBe(303);
    const asked = new URL(String(left.headers.location));
    expect(asked.origin).toBe(provider.issuer);
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
    const back = await visitor.logOut(asked.href);
    const came = await client.ask(back.pathname + back.search, { headers: PAGE });
    expect(pathIn(came)).toBe("/public/bye");
    expect([left, came].map(({ headers }) => headers["clear-site-data"])).toEqual(['"cache"', '"cache"']);
    const again = await client.ask("/orders/7", { headers: PAGE });
    await expect(visitor.logIn(String(again.headers.location), {})).rejects.toThrow("the provider answers");
  });

  it("puts no token of the provider into an address", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const left = await client.ask("/.moor/logout", { method: "POST", headers: FORM });
    const asked = new URL(String(left.headers.location)).searchParams;
    expect([...asked.keys()].sort()).toEqual(["client_id", "post_logout_redirect_uri", "state"]);
  });

  it("leads to the provider also if the session here is gone", async () => {
    const left = await site.client().ask("/.moor/logout", { method: "POST", headers: FORM });
    expect(String(left.headers.location).startsWith(provider.issuer)).toBe(true);
  });

  it("stays here while the provider is away, and has ended the session", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    await site.moor.elapse(601);
    provider.trouble = 503;
    const left = await client.ask("/.moor/logout?to=/public/bye", { method: "POST", headers: FORM });
    provider.trouble = undefined;
    expect(left.status).toBe(303);
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
  });
});

describe("a logout by a script", () => {
  it("ends the session here, and is not redirected", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const left = await client.ask("/.moor/logout", { method: "POST", headers: { ...SCRIPT, Origin: HOME } });
    expect([left.status, left.headers.location]).toEqual([204, undefined]);
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
  });
});

it.each(["//evil.test/", "https://evil.test/"])(
  "the way back from the provider leads nowhere else: %s",
  async (state) => {
    const answer = await site.client().ask(`/.moor/login/left?state=${encodeURIComponent(state)}`, { headers: PAGE });
    expect(answer.status === 400 || String(answer.headers.location).startsWith(`${HOME}/`)).toBe(true);
  },
);

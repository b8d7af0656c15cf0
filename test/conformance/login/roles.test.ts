/** @any-runtime */
/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { codesIn, logIn, MFA, PAGE, startGuardedSite } from "./guarded-site.ts";

const { site, stop } = await startGuardedSite();
afterAll(stop);

describe("a role", () => {
  it("opens its pages to those who have it, and answers 403 to others, never with a redirect", async () => {
    const [alice, bob] = [site.client(), site.client()];
    await logIn(alice, "/orders/7", { login: "alice" });
    await logIn(bob, "/orders/7", { login: "bob" });
    expect((await alice.ask("/ops/page", { headers: PAGE })).status).toBe(200);
    const refused = await bob.ask("/ops/page", { headers: PAGE });
    expect([refused.status, refused.headers.location]).toEqual([403, undefined]);
  });

  it("by e-mail needs an address that the provider has verified", async () => {
    const [alice, mallory] = [site.client(), site.client()];
    await logIn(alice, "/orders/7", { login: "alice" });
    await logIn(mallory, "/orders/7", { login: "mallory" });
    expect((await alice.ask("/staff/page", { headers: PAGE })).status).toBe(200);
    expect((await mallory.ask("/staff/page", { headers: PAGE })).status).toBe(403);
  });
});

describe("a page that needs more than a login", () => {
  it("asks for the method of the login again, and is then shown", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const sent = await client.ask("/safe/page", { headers: PAGE });
    expect(new URL(String(sent.headers.location)).searchParams.get("acr_values")).toBe(MFA);
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice", factor: "1" });
    expect((await client.ask(back.pathname + back.search, { headers: PAGE })).status).toBe(303);
    expect((await client.ask("/safe/page", { headers: PAGE })).status).toBe(200);
  });

  it.each([
    ["/safe/page", { acr: MFA }],
    ["/recent/page", { auth_at: expect.any(Number) }],
  ])("is shown after the first login of a visitor who opens it at once: %s", async (path, login) => {
    const client = site.client();
    expect((await logIn(client, path, { login: "alice", factor: "1" })).status).toBe(303);
    expect((await client.ask(path, { headers: PAGE })).told.session).toMatchObject({ sub: "alice", login });
  });

  it("shows a page, and no redirect, if the provider does not deliver", async () => {
    const client = site.client();
    const answer = await logIn(client, "/safe/page", { login: "alice" });
    expect([answer.status, answer.headers.location]).toEqual([403, undefined]);
    expect(answer.text).toContain("did not log you in as this page needs it");
  });

  it("accepts no confirmation of another account", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const answer = await logIn(client, "/safe/page", { login: "mallory", factor: "1" });
    expect(answer.status).toBe(403);
    expect((await client.ask("/orders/7", { headers: PAGE })).told.session).toMatchObject({ sub: "alice" });
  });

  it("asks for the age of a login, which a provider tells only then", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const sent = await client.ask("/recent/page", { headers: PAGE });
    expect(new URL(String(sent.headers.location)).searchParams.get("max_age")).toBe("60");
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
    await client.ask(back.pathname + back.search, { headers: PAGE });
    expect((await client.ask("/recent/page", { headers: PAGE })).status).toBe(200);
  });
});

it("the log names the code of each login that was refused", async () => {
  await expect
    .poll(() => [...new Set(codesIn(site))].sort())
    .toEqual(["other_account", "role_missing", "step_up_refused"]);
});

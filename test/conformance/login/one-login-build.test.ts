import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { having, leftOutWith } from "../../../bench/size/size.ts";
import { buildMoor } from "../../support/node/build-worker.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { HOME, logIn, MFA, PAGE, SCRIPT, startGuardedSite, tellLogout } from "./guarded-site.ts";

const PARTS = ["MOOR_OPERATORS", "MOOR_LOGIN", "MOOR_BACKCHANNEL"];

const folder = await mkdtemp(join(tmpdir(), "moor-one-login-"));
const build = await buildMoor(folder, [...leftOutWith(...PARTS), ...having(PARTS)]);
const guarded = await startGuardedSite({ build, login: { backchannel: true }, principals: {} });
const { site, provider, stop } = guarded;
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

/** The other tests of logins have the build with all parts, which asks what this build has decided. */
describe("a build for one login, without renewals", () => {
  it("shows guarded pages to visitors who have logged in", async () => {
    const client = site.client();
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
    expect((await logIn(client, "/orders/7", { login: "alice" })).status).toBe(303);
    expect((await client.ask("/orders/7", { headers: PAGE })).told.session).toMatchObject({ sub: "alice" });
  });

  it("shows the pages of a role to those who have it", async () => {
    const [alice, bob] = [site.client(), site.client()];
    await logIn(alice, "/orders/7", { login: "alice" });
    await logIn(bob, "/orders/7", { login: "bob" });
    const statuses = [alice, bob].map(async (client) => (await client.ask("/ops/page", { headers: PAGE })).status);
    expect(await Promise.all(statuses)).toEqual([200, 403]);
  });

  it("asks for a second factor where a page needs it, and shows the page then", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const sent = await client.ask("/safe/page", { headers: PAGE });
    expect(new URL(String(sent.headers.location)).searchParams.get("acr_values")).toBe(MFA);
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice", factor: "1" });
    await client.ask(back.pathname + back.search, { headers: PAGE });
    expect((await client.ask("/safe/page", { headers: PAGE })).status).toBe(200);
  });

  it("ends a session here and at the provider by a form", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "alice" });
    const headers = { ...PAGE, "Sec-Fetch-Site": "same-origin", Origin: HOME };
    const left = await client.ask("/.moor/logout", { method: "POST", headers });
    expect(new URL(String(left.headers.location)).origin).toBe(provider.issuer);
    expect((await client.ask("/strict/page", { headers: SCRIPT })).status).toBe(401);
  });

  it("lets the provider end a session", async () => {
    const client = site.client();
    await logIn(client, "/orders/7", { login: "carol" });
    await expect
      .poll(async () => {
        expect((await tellLogout(guarded, { sub: "carol" })).status).toBe(200);
        return (await client.ask("/strict/page", { headers: SCRIPT })).status;
      })
      .toBe(401);
  });
});

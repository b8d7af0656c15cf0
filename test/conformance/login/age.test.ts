/** @any-runtime */
/** @quick */
import { afterAll, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { logIn, PAGE, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite({ login: { maxAgeSeconds: 60 } });
afterAll(stop);

it("a login that is older than the site allows is asked for again, and the provider that knows the visitor shows no form", async () => {
  const client = site.client();
  const visitor = new ProviderVisitor();
  await logIn(client, "/orders/7", { login: "alice" }, visitor);
  await site.moor.elapse(61);
  expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
  expect((await logIn(client, "/orders/7", {}, visitor)).status).toBe(303);
  expect((await client.ask("/orders/7", { headers: PAGE })).status).toBe(200);
});

it("a visitor who has stayed at the provider for more than an hour begins again, and no code is spent", async () => {
  const client = site.client();
  const sent = await client.ask("/orders/7", { headers: PAGE });
  const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
  const before = provider.exchanges;
  await site.moor.elapse(3_601);
  const answer = await client.ask(back.pathname + back.search, { headers: PAGE });
  expect([answer.status, provider.exchanges]).toEqual([302, before]);
  expect(String(answer.headers.location).startsWith(provider.issuer)).toBe(true);
});

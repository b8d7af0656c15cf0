/** @quick */
import { afterAll, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { PAGE, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite();
afterAll(stop);

it("a visitor who has stayed at the provider for more than an hour begins again, and no code is spent", async () => {
  const client = site.client();
  const sent = await client.ask("/orders/7", { headers: PAGE });
  const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
  await site.moor.elapse(3_601);
  const answer = await client.ask(back.pathname + back.search, { headers: PAGE });
  expect([answer.status, provider.exchanges]).toEqual([302, 0]);
  expect(String(answer.headers.location).startsWith(provider.issuer)).toBe(true);
});

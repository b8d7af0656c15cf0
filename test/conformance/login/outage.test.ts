/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { HOME, logIn, PAGE, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const { site, provider, stop } = await startGuardedSite();
afterAll(stop);

describe("while sessions cannot be reached", () => {
  it("a login is not begun that could not be finished, and the callback of an earlier one can be tried again", async () => {
    const waiting = site.client();
    const sent = await waiting.ask("/orders/7", { headers: PAGE });
    const back = await new ProviderVisitor().logIn(String(sent.headers.location), { login: "alice" });
    const known = site.client();
    await logIn(known, "/orders/7", { login: "bob" });

    await site.moor.objects.meet({ kind: "down" });
    const callback = await waiting.ask(back.pathname + back.search, { headers: PAGE });
    // A breaker opens when several calls have failed.
    await expect
      .poll(async () => {
        await known.ask("/.moor/login?as=other", { headers: PAGE });
        return (await site.client().ask("/orders/7", { headers: PAGE })).status;
      })
      .toBe(503);
    const refused = await site.client().ask("/orders/7", { headers: PAGE });
    await site.moor.objects.meet(undefined);

    expect([callback.status, callback.headers["retry-after"]]).toEqual([503, "2"]);
    expect(refused.text).toContain("Nobody can log in just now");
    expect(refused.headers.location).toBeUndefined();
    await expect.poll(async () => (await site.client().ask("/orders/7", { headers: PAGE })).status).toBe(302);
    expect(String((await waiting.ask("/orders/7", { headers: PAGE })).headers.location)).toContain(provider.issuer);
  });

  it("a visitor who is logged in is not logged out", async () => {
    const client = site.client();
    await expect.poll(async () => (await client.ask("/orders/7", { headers: PAGE })).status).toBe(302);
    await logIn(client, "/orders/7", { login: "alice" });
    expect((await client.ask("/orders/7", { headers: PAGE })).status).toBe(200);
    await site.moor.objects.meet({ kind: "down" });
    const shown = await client.ask("/orders/7", { headers: SCRIPT });
    await site.moor.objects.meet(undefined);
    expect([shown.status, String(shown.headers.location ?? "").startsWith(HOME)]).toEqual([200, false]);
  });
});

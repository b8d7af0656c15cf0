/** @any-runtime */
import { afterAll, expect, it } from "vitest";
import { logIn, PAGE, startGuardedSite } from "./guarded-site.ts";

const { site, stop } = await startGuardedSite();
afterAll(stop);

it("a flash waits until an origin can show it: neither a refusal of the guard nor a step of the login takes it", async () => {
  const client = site.client();
  const left = `/public/page?flash=${encodeURIComponent(JSON.stringify({ notice: "Saved." }))}`;
  await client.ask(left, { method: "POST", headers: { "Sec-Fetch-Site": "same-origin" } });
  const refused = await client.ask("/orders/7", { headers: { Accept: "application/json" } });
  expect(refused.status).toBe(401);
  await logIn(client, "/orders/7", { login: "bob" });
  expect((await client.ask("/ops/page", { headers: PAGE })).status).toBe(403);
  const shown = await client.ask("/orders/7", { headers: PAGE });
  expect(shown.told.session).toMatchObject({ sub: "bob", flash: { notice: "Saved." } });
  expect((await client.ask("/orders/7", { headers: PAGE })).told.session).not.toHaveProperty("flash");
});

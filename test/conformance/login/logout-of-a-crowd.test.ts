import { afterAll, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import type { Client } from "../../support/node/client.ts";
import { logIn, SCRIPT, startGuardedSite, tellLogout } from "./guarded-site.ts";

const SESSIONS = 1_000;
/** Logins that are under way at once. */
const AT_ONCE = 20;
/** Providers give up after some seconds. */
const ANSWER_MS = 2_000;
const ALL_ENDED_MS = 60_000;

const guarded = await startGuardedSite({
  login: { backchannel: true },
  principals: { limit: { sessions: 2 * SESSIONS } },
  admin: {},
  adminToken: ADMIN_TOKEN,
});
const { site, stop } = guarded;
const admin = adminOf(site);
afterAll(stop);

it("a logout of a person with a thousand sessions is answered within two seconds, and has ended all of them within a minute", async () => {
  const clients: Client[] = [];
  while (clients.length < SESSIONS) {
    const batch = Array.from({ length: AT_ONCE }, () => site.client());
    await Promise.all(batch.map((client) => logIn(client, "/orders/7", { login: "crowd" })));
    clients.push(...batch);
  }
  await expect.poll(() => admin.count("crowd"), { timeout: ALL_ENDED_MS }).toBe(SESSIONS);

  const toldAt = performance.now();
  const answer = await tellLogout(guarded, { sub: "crowd" });
  expect(answer.status).toBe(200);
  expect(performance.now() - toldAt).toBeLessThan(ANSWER_MS);

  for (const client of clients) {
    const timeout = ALL_ENDED_MS - (performance.now() - toldAt);
    const status = async () => (await client.ask("/strict/page", { headers: SCRIPT })).status;
    await expect.poll(status, { timeout }).toBe(401);
  }
});

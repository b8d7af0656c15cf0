/** @needs redis-server */
/** @any-fallback */
import { afterAll, describe, expect, it } from "vitest";
import { startStores } from "../../support/node/stores.ts";

const stores = await startStores();
afterAll(() => stores.stop());

const SIBLING = {
  Origin: "https://www.shop.test",
  "Sec-Fetch-Site": "same-site",
  "Sec-Fetch-Mode": "cors",
  "Sec-Fetch-Dest": "empty",
};
const POLL = "/?header=Access-Control-Allow-Credentials:true";
const post = { method: "POST", headers: SIBLING };

describe("a first change of a client with a provisional token, while the objects cannot be reached", () => {
  it("comes with the token, so that a late answer of a poll does not take the change away", async () => {
    const client = stores.site.client();
    const late = await client.send(POLL, { headers: SIBLING });
    await client.ask(POLL, { headers: SIBLING });
    await stores.withoutObjects(async () => {
      expect((await client.ask("/?set=cart:apple", post)).status).toBe(200);
      expect([client.token, client.provisional, client.marks.length]).toEqual([expect.any(String), undefined, 1]);
      client.keep(late);
      expect((await client.ask("/")).told.session.data).toEqual({ cart: "apple" });
      expect((await client.ask("/?set=cup:tea", post)).status).toBe(200);
    });
    await expect
      .poll(async () => (await client.ask("/strict/")).told.session.data)
      .toEqual({ cart: "apple", cup: "tea" });
  });
});

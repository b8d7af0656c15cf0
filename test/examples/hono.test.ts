/** @quick */
import { afterAll, describe, expect, it } from "vitest";
import { startSite } from "../support/node/site.ts";
import { describeShop, visitorOf } from "./shop.suite.ts";

const site = await startSite([], { role: "example" });
afterAll(() => site.stop());
const visitor = (client = site.client()) => visitorOf("shop.test", client);

describe("the user's own Worker, with hono", () => {
  describeShop("hono", visitor);

  it("keeps the items that two tabs put into the basket at once", async () => {
    const { client, posts } = visitor();
    await posts("/add", { good: "apples" });
    const tabs = ["plums", "pears", "figs"].map((good) => visitor(site.client(client.cookies)).posts("/add", { good }));
    await Promise.all(tabs);
    // A visitor who changes something is shown the changes that others have made before.
    await posts("/add", { good: "apples" });
    expect((await visitor(client).sees()).basket).toEqual({ apples: 2, plums: 1, pears: 1, figs: 1 });
  });

  it("shows nothing of a login to an attacker who has planted the session", async () => {
    const attacker = visitor();
    await attacker.posts("/add", { good: "worms" });
    const victim = visitor(site.client(attacker.client.cookies));
    await victim.posts("/login", { user: "victim" });
    await victim.posts("/add", { good: "apples" });
    expect(await attacker.sees()).toMatchObject({ user: null, basket: { worms: 1 } });
    expect((await victim.sees()).user).toBe("victim");
  });
});

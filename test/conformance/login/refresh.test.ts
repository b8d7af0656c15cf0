/** @quick */
import { afterAll, afterEach, describe, expect, it, onTestFinished } from "vitest";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { logIn, PAGE, SCRIPT, startGuardedSite } from "./guarded-site.ts";

const REFRESH_SECONDS = 60;
const login = { refreshSeconds: REFRESH_SECONDS };
const CONSOLE = "console.test";
const guarded = await startGuardedSite({
  apart: true,
  login: { ...login, hosts: ["shop.test", CONSOLE] },
  admin: { console: true, host: CONSOLE, roles: { act: "ops" } },
  adminToken: ADMIN_TOKEN,
});
const { site, provider, stop } = guarded;
const { accounts } = provider;
afterAll(stop);
afterEach(() => {
  Object.assign(provider, { accounts, trouble: undefined, beforeAnswer: undefined });
});

/** A browser that is logged in, with an apple in its basket, whose login is due to be renewed. */
async function dueVisitor(login: string, { site, provider } = guarded) {
  const client = site.client();
  const visitor = new ProviderVisitor();
  await logIn(client, "/orders/7", { login }, visitor);
  await client.ask("/orders/7?set=basket:apple", {
    headers: { ...SCRIPT, Origin: "https://shop.test" },
    method: "POST",
  });
  await site.moor.elapse(REFRESH_SECONDS + 1);
  const { refreshes, refusals } = provider;
  const page = (path = "/orders/7", port?: number) => client.ask(path, { headers: PAGE, port });
  const again = async (name = login, other = visitor) => {
    await logIn(client, "/orders/7", { login: name }, other);
    return page();
  };
  const asked = () => ({ refreshes: provider.refreshes - refreshes, refusals: provider.refusals - refusals });
  return { client, page, again, asked };
}
const without = (name: string) => ({ ...provider.accounts, [name]: undefined });

describe("a login that is due to be renewed", () => {
  it("is confirmed by the provider, once for sixty requests at two processes", async () => {
    const { page, asked } = await dueVisitor("alice");
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => page("/orders/7", site.moor.ports[at % site.moor.ports.length])),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(200));
    expect(asked()).toEqual({ refreshes: 1, refusals: 0 });
  });

  it("has the claims that the provider tells now: a role that was taken away is missing at once", async () => {
    const { page } = await dueVisitor("alice");
    provider.accounts = { ...accounts, alice: { ...accounts.alice, groups: ["others"], name: "Alice B." } };
    expect((await page("/ops/page")).status).toBe(403);
    expect((await page()).told.session.login).toMatchObject({ claims: { name: "Alice B." }, roles: ["staff"] });
  });

  it("lasts until it is due again, and is renewed by the next refresh token then", async () => {
    const { page, asked } = await dueVisitor("alice");
    await page();
    await site.moor.elapse(REFRESH_SECONDS - 10);
    await page();
    expect(asked()).toEqual({ refreshes: 1, refusals: 0 });
    await site.moor.elapse(11);
    await page();
    expect(asked()).toEqual({ refreshes: 2, refusals: 0 });
  });

  it("serves as it was while the provider is in trouble, and is renewed once the provider is back", async () => {
    const { page, asked } = await dueVisitor("alice");
    provider.trouble = 503;
    expect((await page()).status).toBe(200);
    provider.trouble = undefined;
    await site.moor.elapse(15);
    expect((await page()).status).toBe(200);
    expect(asked()).toEqual({ refreshes: 1, refusals: 0 });
  });

  it("serves as it was while the provider is silent, and then as the late answer says", async () => {
    const { page, asked } = await dueVisitor("alice");
    const { promise, resolve } = Promise.withResolvers<void>();
    provider.accounts = { ...accounts, alice: { ...accounts.alice, groups: [] } };
    provider.beforeAnswer = () => promise;
    expect((await page("/ops/page")).status).toBe(200);
    resolve();
    // Until then the isolate shows its copy.
    await site.moor.elapse(5);
    await expect.poll(async () => (await page("/ops/page")).status).toBe(403);
    expect(asked()).toEqual({ refreshes: 1, refusals: 0 });
  });
});

describe("a login that the provider does not confirm", () => {
  it("lapses: guarded pages ask for a login, and no page shows who it was", async () => {
    const { client, page, asked } = await dueVisitor("carol");
    provider.accounts = without("carol");
    const open = await page("/public/page");
    expect(open.told.session).toMatchObject({ data: { basket: "apple" } });
    expect(open.told.session).not.toHaveProperty("sub");
    expect(open.told.session).not.toHaveProperty("login");
    expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
    expect((await page()).status).toBe(302);
    expect(asked()).toEqual({ refreshes: 0, refusals: 1 });
  });

  it("opens the console no longer, though the operator asks for nothing else", async () => {
    const { client } = await dueVisitor("alice");
    const opened = () => client.ask("/.moor/console", { headers: { ...PAGE, Host: CONSOLE } });
    expect((await opened()).status).toBe(200);
    await site.moor.elapse(REFRESH_SECONDS + 1);
    provider.accounts = without("alice");
    expect((await opened()).status).toBe(404);
  });

  it.each(["GET", "POST"])(
    "is no login for a server that asks the session API by %s, as for an open socket",
    async (method) => {
      const { page } = await dueVisitor("judy");
      const { headers } = (await page()).told;
      await site.moor.elapse(REFRESH_SECONDS + 1);
      provider.accounts = without("judy");
      const Authorization = `Bearer ${headers["moor-session"]}`;
      const answer = await site.client().send("/.moor/session", { method, headers: { Authorization } });
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toMatchObject({ attributes: { basket: "apple" } });
      expect(JSON.parse(answer.text)).not.toHaveProperty("principal");
    },
  );

  it("leaves the session to the same visitor, who logs in again", async () => {
    const { page, again } = await dueVisitor("dora");
    const { sid } = (await page("/public/page")).told.session;
    await site.moor.elapse(REFRESH_SECONDS + 1);
    provider.accounts = without("dora");
    expect((await page()).status).toBe(302);
    provider.accounts = accounts;
    expect((await again()).told.session).toMatchObject({ sid, sub: "dora", data: { basket: "apple" } });
  });

  it("leaves nothing to another visitor at the same browser", async () => {
    const { page, again } = await dueVisitor("erin");
    provider.accounts = without("erin");
    expect((await page()).status).toBe(302);
    const { session } = (await again("frank", new ProviderVisitor())).told;
    expect(session).toMatchObject({ sub: "frank" });
    expect(session.data ?? {}).toEqual({});
  });
});

describe("a logout", () => {
  const FORM = { ...PAGE, "Sec-Fetch-Site": "same-origin", Origin: "https://shop.test" };
  /**
   * A visitor who logs out, the status of the answer, and whether the provider still takes their refresh token.
   *
   * @param changes of the provider, just before.
   */
  async function loggedOut(name: string, changes: Partial<typeof provider> = {}) {
    const { client } = await dueVisitor(name);
    const token = provider.tokens.at(-1) ?? "";
    Object.assign(provider, changes);
    const { status } = await client.ask("/.moor/logout", { method: "POST", headers: FORM });
    const takes = async () => {
      const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: token });
      const Authorization = `Basic ${btoa(`${provider.clientId}:${provider.clientSecret}`)}`;
      return (await fetch(`${provider.issuer}/token`, { method: "POST", body, headers: { Authorization } })).ok;
    };
    return { client, status, takes };
  }
  const revocations = () => provider.asked.filter((asked) => asked === "POST /token/revocation").length;

  it("has the provider forget the refresh token", async () => {
    const before = revocations();
    const { status, takes } = await loggedOut("kate");
    expect(status).toBe(303);
    await expect.poll(revocations).toBe(before + 1);
    await expect.poll(takes).toBe(false);
  });

  it("does not wait for a provider that is silent, or in trouble, and is done", async () => {
    const before = revocations();
    const silent = await loggedOut("leo", { beforeAnswer: () => new Promise(() => {}) });
    await expect.poll(revocations).toBe(before + 1);
    provider.beforeAnswer = undefined;
    const troubled = await loggedOut("mia", { trouble: 503 });
    await expect.poll(revocations).toBe(before + 2);
    provider.trouble = undefined;
    for (const { client, status } of [silent, troubled]) {
      expect(status).toBe(303);
      expect((await client.ask("/orders/7", { headers: SCRIPT })).status).toBe(401);
    }
    await expect.poll(() => site.moor.logged.join("\n")).toContain("not revoked: revocation_endpoint: 503");
  });
});

describe("a process that dies after the provider has spent the refresh token, and before its answer", () => {
  it("ends no session: the visitor logs in again, and has their basket", async () => {
    const crashing = await startGuardedSite({ login });
    onTestFinished(crashing.stop);
    const { page, again, asked } = await dueVisitor("grace", crashing);
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
    crashing.provider.beforeAnswer = async () => {
      ask();
      await new Promise(() => {});
    };
    const lost = page().catch(() => "lost");
    await isAsked;
    crashing.provider.beforeAnswer = undefined;
    await crashing.site.moor.crashAndRestart();
    expect(await lost).toBe("lost");
    // A crash ends the moved clock.
    await crashing.site.moor.elapse(REFRESH_SECONDS + 1);
    const before = (await page("/public/page")).told.session;
    expect(before).toMatchObject({ data: { basket: "apple" } });
    expect((await page()).status).toBe(302);
    expect(asked()).toEqual({ refreshes: 1, refusals: 1 });
    expect((await again()).told.session).toMatchObject({ sid: before.sid, sub: "grace", data: { basket: "apple" } });
  });
});

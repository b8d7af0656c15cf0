import type { Browser } from "playwright-core";
import { startAccessTeam } from "../../support/node/access-team.ts";
import { type ConsolePage, consoleIn, openConsole } from "../../support/node/console.ts";
import { startIdentityProvider } from "../../support/node/identity-provider.ts";
import { startWatchedPool, type WatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig, type SiteOptions, type SiteOrigin } from "../../support/node/site.ts";

/** The ways by which operators come to the console. */
export const WAYS = ["token", "Access", "login"] as const;
export type Way = (typeof WAYS)[number];

/** A site whose operators come in three ways. */
export interface ThreeWays {
  readonly pool: WatchedPool;
  /** Opens the console as an operator who came in this way. */
  operator(browser: Browser, way: Way): Promise<ConsolePage>;
  /** Opens the page of the login, and logs in at the provider. @param account `ops` acts, `support` looks, any other has no role. */
  logIn(browser: Browser, account: string): Promise<ConsolePage>;
  stop(): Promise<void>;
}

/** Starts the site. Its console is at localhost. The provider is at 127.0.0.1, which is another site. */
export async function startThreeWays(origins: readonly SiteOrigin[], options: SiteOptions = {}): Promise<ThreeWays> {
  const [team, provider] = await Promise.all([
    startAccessTeam(),
    startIdentityProvider({
      redirectUris: [],
      accounts: { ops: { groups: ["ops"] }, support: { groups: ["support"] }, customer: { groups: ["customers"] } },
    }),
  ]);
  const pool = await startWatchedPool(origins, {
    pools: [{ id: "shop", origins: origins.map(originConfig) }],
    ...options,
    admin: {
      console: true,
      access: { team: team.url, aud: team.aud },
      roles: { act: "operators", view: "viewers" },
    },
    around: { loginSecret: provider.clientSecret },
    login: {
      issuer: provider.issuer,
      clientId: provider.clientId,
      scopes: ["groups"],
      hosts: ["localhost"],
      roles: { operators: { claim: "groups", any: ["ops"] }, viewers: { claim: "groups", any: ["support"] } },
    },
  });
  const { site } = pool;
  const base = `http://localhost:${site.moor.port}`;
  provider.redirectUris = [`${base}/.moor/login/callback`];

  async function logIn(browser: Browser, account: string): Promise<ConsolePage> {
    const console = await consoleIn(await browser.newContext(), site);
    await console.open("/login");
    await console.page.getByRole("link", { name: /^Log in at/ }).click();
    await console.page.locator("input[name=login]").fill(account);
    await console.page.locator("button").click();
    await console.page.waitForURL(`${base}/**`);
    return console;
  }

  return {
    pool,
    logIn,
    async operator(browser, way) {
      if (way === "token") return openConsole(browser, site);
      if (way === "login") return logIn(browser, "ops");
      // The edge adds the header to each request of the operator's browser, also to requests that other sites cause.
      const extraHTTPHeaders = { "Cf-Access-Jwt-Assertion": await team.assertion("eve@example.com") };
      const console = await consoleIn(await browser.newContext({ extraHTTPHeaders }), site);
      await console.open();
      return console;
    },
    async stop() {
      await site.stop();
      await Promise.all([team.stop(), provider.stop()]);
    },
  };
}

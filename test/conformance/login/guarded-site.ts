import { expect } from "vitest";
import type { LoginConfig } from "../../../src/config/login-types.ts";
import type { MoorConfig } from "../../../src/config/types.ts";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import type { Answer, Client } from "../../support/node/client.ts";
import { type IdentityProvider, ProviderVisitor, startIdentityProvider } from "../../support/node/identity-provider.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import type { RedisAccess } from "../../support/node/workerd-config.ts";

export const HOME = "https://shop.test";
/** The headers of a browser for a page that a person opens. */
export const PAGE = {
  "Sec-Fetch-Mode": "navigate",
  "Sec-Fetch-Dest": "document",
  "Sec-Fetch-Site": "none",
  Accept: "text/html",
};
/** The headers of a browser for the script of a page. */
export const SCRIPT = {
  "Sec-Fetch-Mode": "cors",
  "Sec-Fetch-Dest": "empty",
  "Sec-Fetch-Site": "same-origin",
  Accept: "*/*",
};
/** The method of a login with a second factor. */
export const MFA = "urn:example:mfa";

/** A site whose pages require a login, and its provider. */
export interface GuardedSite {
  readonly site: Site;
  readonly provider: IdentityProvider;
  stop(): Promise<void>;
}

/** Changes of the configuration of a guarded site. */
export interface Changes extends Pick<MoorConfig, "admin" | "carriers" | "principals" | "stores"> {
  readonly redis?: RedisAccess;
  readonly adminToken?: string;
  /** Two isolates in two processes, with the objects in the first. Default: one. */
  readonly apart?: boolean;
  readonly login?: Partial<LoginConfig>;
  /** See `MoorOptions`. */
  readonly build?: string;
  /** Hosts that are served, where nobody logs in. */
  readonly hosts?: readonly string[];
}

/** Starts a site that is closed by default. Alice has every role, and Mallory claims an address that nobody has verified. */
export async function startGuardedSite(changes: Changes = {}): Promise<GuardedSite> {
  const origin = await startOrigin("a");
  const provider = await startIdentityProvider({
    redirectUris: [`${HOME}/.moor/login/callback`],
    accounts: {
      alice: { email: "alice@example.com", email_verified: true, groups: ["moor-ops", "others"], name: "Alice" },
      verbose: { name: "x".repeat(1_100) },
      mallory: { email: "mallory@example.com", email_verified: false },
    },
    acr: MFA,
    refreshes: changes.login?.refreshSeconds !== undefined,
  });
  const site = await startSite([origin], {
    watched: changes.build === undefined,
    build: changes.build,
    admin: {},
    adminToken: ADMIN_TOKEN,
    ...(changes.apart && { isolates: 2, apart: true }),
    around: { loginSecret: provider.clientSecret },
    login: {
      issuer: provider.issuer,
      clientId: provider.clientId,
      scopes: ["email", "groups", "profile"],
      claims: ["name"],
      roles: { ops: { claim: "groups", any: ["moor-ops"] }, staff: { claim: "email", domain: "example.com" } },
      ...changes.login,
    },
    ...(changes.admin && { admin: changes.admin, adminToken: changes.adminToken }),
    ...(changes.redis && { redis: changes.redis }),
    ...(changes.principals && { principals: changes.principals }),
    ...(changes.stores && { stores: changes.stores }),
    ...(changes.hosts && { hosts: changes.hosts }),
    ...(changes.carriers && { carriers: changes.carriers }),
    require: "login",
    routes: [
      { path: "/public/*", pool: "shop", require: "none" },
      { path: "/ops/*", pool: "shop", require: { role: "ops" } },
      { path: "/staff/*", pool: "shop", require: { role: "staff" } },
      { path: "/safe/*", pool: "shop", require: { acr: [MFA] } },
      { path: "/recent/*", pool: "shop", require: { maxAgeSeconds: 60 } },
      // No copy answers here, so a session that has ended is out at once.
      { path: "/strict/*", pool: "shop", freshness: "strict" },
      { path: "/*", pool: "shop" },
    ],
  });
  return {
    site,
    provider,
    async stop() {
      await site.stop();
      await provider.stop();
      await origin.kill();
    },
  };
}

/** Where the provider tells of logouts. */
export const BACKCHANNEL = "/.moor/login/backchannel";

/**
 * Posts a logout token of the provider, as the provider itself would.
 *
 * @param claims in place of the claims of such a token, and its `sub` or `sid`.
 */
export async function tellLogout({ site, provider }: GuardedSite, claims: object, client = site.client()) {
  const seconds = Math.floor(Date.now() / 1000);
  const token = await provider.sign({
    iss: provider.issuer,
    aud: provider.clientId,
    iat: seconds,
    exp: seconds + 120,
    jti: crypto.randomUUID(),
    events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    ...claims,
  });
  return client.ask(BACKCHANNEL, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ logout_token: token }).toString(),
  });
}

/** The codes of the failures of logins in the log. */
export function codesIn({ moor }: Site): string[] {
  return moor.logged.flatMap((line) => /"event":"login_\w+".*"code":"(\w+)"/.exec(line)?.[1] ?? []);
}

/** The path at this site to which an answer sends its client. */
export function pathIn({ headers }: Answer): string {
  const { location = "" } = headers;
  return String(location).startsWith(HOME) ? String(location).slice(HOME.length) : String(location);
}

/** Opens a page, logs in at the provider, and comes back. Returns the answer to the callback. */
export async function logIn(
  client: Client,
  path: string,
  form: Record<string, string>,
  visitor = new ProviderVisitor(),
) {
  const sent = await client.ask(path, { headers: PAGE });
  expect(sent.status).toBe(302);
  const back = await visitor.logIn(String(sent.headers.location), form);
  return client.ask(back.pathname + back.search, { headers: PAGE });
}

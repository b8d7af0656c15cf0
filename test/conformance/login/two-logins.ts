import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { Asking, Client } from "../../support/node/client.ts";
import { type IdentityProvider, ProviderVisitor, startIdentityProvider } from "../../support/node/identity-provider.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, type Site, startSite } from "../../support/node/site.ts";
import { BACKCHANNEL, MFA, PAGE } from "./guarded-site.ts";

/** The hosts of two logins, and a host of neither. */
export const HOSTS = {
  staff: "shop.test",
  partners: "partner.test",
  neither: "else.test",
  console: "console.test",
} as const;

/** The id of one of the two logins. */
export type LoginId = "staff" | "partners";

/** How long a login is good before its provider is asked again, in seconds. */
export const REFRESH_SECONDS = 60;

/** A browser at one host of the site: it has the cookies of that host alone. */
export interface HostVisitor {
  readonly client: Client;
  /** Its cookies at the provider. */
  readonly atProvider: ProviderVisitor;
  ask(path: string, headers?: Record<string, string>, asking?: Asking): ReturnType<Client["ask"]>;
  /** Opens a page, logs in at the provider, and comes back. Returns the answer to the callback. */
  logIn(path: string, form: Record<string, string>): ReturnType<Client["ask"]>;
  /** The address of the callback of a login that has begun, and is not finished. */
  callback(path: string, form: Record<string, string>): Promise<URL>;
}

/** A site with two logins at two real providers. Either provider knows an Alice, whose `sub` is the same, and who is another person. */
export interface TwoLogins {
  readonly site: Site;
  readonly providers: Readonly<Record<LoginId, IdentityProvider>>;
  /** @param cookies of another browser, as a thief or a curious visitor would copy them. Default: no cookies. */
  visitor(host: string, cookies?: Iterable<[string, string]>): HostVisitor;
  stop(): Promise<void>;
}

/** Starts the site, closed by default. The name of a role is the same with both logins, and its claim is another. */
export async function startTwoLogins(): Promise<TwoLogins> {
  const [guarded, open] = await Promise.all([startOrigin("a"), startOrigin("b")]);
  const provider = (host: string, groups: string[]) =>
    startIdentityProvider({
      redirectUris: [host, HOSTS.console].map((each) => `https://${each}/.moor/login/callback`),
      accounts: { alice: { name: `Alice of ${host}`, groups } },
      acr: MFA,
      refreshes: true,
      clientSecret: randomBytes(24).toString("base64url"),
    });
  const providers = {
    staff: await provider(HOSTS.staff, ["shop-ops"]),
    partners: await provider(HOSTS.partners, ["partner-ops"]),
  };
  const login = (id: LoginId, hosts: string[], group: string) => ({
    id,
    issuer: providers[id].issuer,
    clientId: providers[id].clientId,
    scopes: ["profile", "groups"],
    claims: ["name"],
    roles: { ops: { claim: "groups", any: [group] } },
    backchannel: true,
    refreshSeconds: REFRESH_SECONDS,
    hosts,
  });
  const site = await startSite([guarded, open], {
    watched: true,
    pools: [
      { id: "shop", origins: [originConfig(guarded)] },
      { id: "open", origins: [originConfig(open)], session: { may: ["patch", "principal", "end"] } },
    ],
    principals: {},
    admin: { console: true, host: HOSTS.console, roles: { act: "ops" } },
    texts: {
      MOOR_LOGIN_SECRET_STAFF: providers.staff.clientSecret,
      MOOR_LOGIN_SECRET_PARTNERS: providers.partners.clientSecret,
    },
    // The providers reach Moor on loopback to tell of logouts, each by a name of its own.
    logins: [
      login("staff", [HOSTS.staff, HOSTS.console, "127.0.0.1"], "shop-ops"),
      login("partners", [HOSTS.partners, "localhost"], "partner-ops"),
    ],
    require: "login",
    routes: [
      { path: "/public/*", pool: "open", require: "none" },
      { path: "/staff/*", pool: "shop", require: { login: "staff" } },
      { host: HOSTS.partners, path: "/partners/*", pool: "shop", require: { login: "partners" } },
      { path: "/ops/*", pool: "shop", require: { role: "ops" } },
      { path: "/safe/*", pool: "shop", require: { acr: [MFA] } },
      // No copy answers here, so a session that has ended is out at once.
      { path: "/strict/*", pool: "shop", freshness: "strict" },
      { path: "/*", pool: "shop" },
    ],
  });
  providers.staff.backchannelUri = `http://127.0.0.1:${site.moor.port}${BACKCHANNEL}`;
  providers.partners.backchannelUri = `http://localhost:${site.moor.port}${BACKCHANNEL}`;
  return {
    site,
    providers,
    visitor(host, cookies) {
      const client = site.client(cookies);
      const atProvider = new ProviderVisitor();
      const ask: HostVisitor["ask"] = (path, headers = PAGE, asking = {}) =>
        client.ask(path, { ...asking, headers: { ...headers, Host: host } });
      const callback = async (path: string, form: Record<string, string>) => {
        const sent = await ask(path);
        expect(sent.status).toBe(302);
        return atProvider.logIn(String(sent.headers.location), form);
      };
      return {
        client,
        atProvider,
        ask,
        callback,
        async logIn(path, form) {
          const { pathname, search } = await callback(path, form);
          return ask(pathname + search);
        },
      };
    },
    async stop() {
      await site.stop();
      await Promise.all([providers.staff.stop(), providers.partners.stop(), guarded.kill(), open.kill()]);
    },
  };
}

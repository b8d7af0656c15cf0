import type { LoginConfig } from "./login-types.ts";
import type { ResolvedConfig, ResolvedLogin, ResolvedPool, ResolvedRoute } from "./resolved.ts";
import type { CheckedConfig } from "./schema.ts";

/** How long a WebSocket of a guarded route lives, unless the route says otherwise: a logout does not close it. */
const SOCKET_SECONDS = 3_600;

type Filled = Pick<ResolvedConfig, "login" | "logins" | "require" | "pools" | "routes"> &
  Partial<Pick<ResolvedConfig, "logout">>;

/** Fills in the defaults of logins, and the defaults that a login changes. Without a login nothing changes. */
export function fillLogin(config: CheckedConfig, { pools, routes }: Pick<Filled, "pools" | "routes">): Filled {
  const { login, logins, require = "none" } = config;
  if (!login && !logins) return { pools, routes };
  const guarded = routes.map((route, index) => guardedRoute(route, config.routes?.[index]?.require ?? require));
  return {
    ...(login && { login: filled(login) }),
    ...((typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && logins && { logins: logins.map(filled) }),
    require,
    // Otherwise Back would show guarded pages to the next person at a shared browser.
    logout: { clearSiteData: config.logout?.clearSiteData ?? ["cache"] },
    routes: guarded,
    pools: pools.map((pool, index) => {
      const isGuarded = guarded.some(
        (route) => route.require !== "none" && route.pool.some(({ id }) => id === pool.id),
      );
      return isGuarded && !config.pools[index]?.session?.may ? withoutLogins(pool) : pool;
    }),
  };
}

function filled(login: LoginConfig): ResolvedLogin {
  return {
    ...login,
    scopes: [...new Set(["openid", ...(login.scopes ?? [])])],
    claims: login.claims ?? [],
    roles: login.roles ?? {},
    logout: login.logout ?? "provider",
    backchannel: login.backchannel ?? false,
  };
}

function guardedRoute(route: ResolvedRoute, require: NonNullable<ResolvedRoute["require"]>): ResolvedRoute {
  const lasts = require === "none" ? route.maxSocketSeconds : (route.maxSocketSeconds ?? SOCKET_SECONDS);
  return { ...route, require, maxSocketSeconds: lasts };
}

/** The origins behind a guard may not say who the visitor is, because the provider does. */
function withoutLogins(pool: ResolvedPool): ResolvedPool {
  const { session } = pool;
  return { ...pool, session: { ...session, may: session.may.filter((right) => right !== "principal") } };
}

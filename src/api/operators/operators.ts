import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import { DEBUG_LINK_PATH } from "../../inbound/token/debug-link.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { leftOut } from "../../lib/build-flags.ts";
import type { Counters } from "../../observe/counters.ts";
import type { Breaker } from "../../store/breaker.ts";
import { createConsole } from "../console/console.ts";
import { createDebugPage } from "../console/debug-page.ts";
import { CONSOLE } from "../console/guard.ts";
import type { SessionStores } from "../console/session-copies.ts";
import { noRoute } from "../problem.ts";
import { type AdminAccess, createAdminAccess, type OperatorEnv } from "./access.ts";
import { type AdminApiParts, createAdminApi } from "./admin-api.ts";
import { createMetricsApi } from "./metrics-api.ts";

/** The parts of the APIs for operators. */
export interface OperatorsParts extends Omit<AdminApiParts, "access"> {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  /** The secret that operators send as a bearer token. Default: no secret. */
  readonly token?: string | undefined;
  /** Of the whole site; and what signs the cookies of the console. Needed if the configuration has `admin.console`. */
  readonly site: Omit<ResolvedConfig, "admin">;
  readonly tokenRing: KeyRing | undefined;
  /** The secret of operators who only look. Default: there are none. */
  readonly viewerToken?: string | undefined;
  readonly breakers: readonly Breaker[];
  /** The stores of sessions, for the console. */
  readonly stores: Omit<SessionStores, "sessions">;
  /** See `ConsoleParts`. Default: no isolate reports, and no breaker is known to be open. */
  readonly openSince?: (() => Readonly<Record<string, number>>) | undefined;
  /** The address that visitors use. Needed if the configuration has `admin.console`. */
  readonly issuer: string | undefined;
  /** Default: there are no counters. */
  readonly counters: Counters | undefined;
}

/**
 * The APIs for operators: the admin API and the counters. Both share one access check, so the keys of a team are fetched once.
 *
 * @throws TypeError if the settings let no operator in.
 */
export function createOperators(parts: OperatorsParts): Hono<OperatorEnv> {
  const { config, token, counters, live, clock } = parts;
  const access = createAdminAccess({ ...config, token, clock });
  const app = new Hono<OperatorEnv>();
  app.route("/.moor/admin", createAdminApi({ ...parts, access }));
  if (counters) app.route("/.moor/metrics", createMetricsApi({ config, access, counters, live }));
  if (config.console) {
    if (typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE) mountConsole(app, parts, access);
    else leftOut("MOOR_CONSOLE", "admin.console is configured");
  }
  // Faults are reported in one place, where requests come in.
  app.onError((fault) => {
    throw fault;
  });
  app.notFound((c) => noRoute(c.req.raw, c.env.log));
  return app;
}

/** The console, and the page behind its debug links, which a visitor opens. */
function mountConsole(app: Hono<OperatorEnv>, parts: OperatorsParts, access: AdminAccess): void {
  const { config: admin, site, tokenRing, issuer, live, clock, sessions, openSince = () => ({}) } = parts;
  if (!tokenRing || !issuer)
    throw new TypeError("admin.console is configured, and Moor was not given the keys that sign its cookies");
  const { pools } = live;
  const stores = { ...parts.stores, sessions };
  app.route(
    CONSOLE,
    createConsole({ ...parts, config: { ...site, admin }, access, tokenRing, issuer, stores, openSince, pools }),
  );
  const debugPage = createDebugPage({ config: site, tokenRing, pools, clock });
  app.get(DEBUG_LINK_PATH, async (c) => {
    const page = await debugPage(new URL(c.req.url), await c.env.visitor?.token());
    return page ?? noRoute(c.req.raw, c.env.log);
  });
}

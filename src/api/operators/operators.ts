import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { leftOut } from "../../lib/build-flags.ts";
import type { Counters } from "../../observe/counters.ts";
import type { Breaker } from "../../store/breaker.ts";
import { createConsole } from "../console/console.ts";
import { CONSOLE } from "../console/guard.ts";
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
  const access = createAdminAccess({ token, access: config.access, clock });
  const app = new Hono<OperatorEnv>();
  app.route("/.moor/admin", createAdminApi({ ...parts, access }));
  if (counters) app.route("/.moor/metrics", createMetricsApi({ config, access, counters, live }));
  if (config.console) {
    if (typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE) app.route(CONSOLE, consoleOf(parts, access));
    else leftOut("MOOR_CONSOLE", "admin.console is configured");
  }
  // Faults are reported in one place, where requests come in.
  app.onError((fault) => {
    throw fault;
  });
  app.notFound((c) => noRoute(c.req.raw, c.env.log));
  return app;
}

function consoleOf(parts: OperatorsParts, access: AdminAccess): ReturnType<typeof createConsole> {
  const { config: admin, site, tokenRing, live } = parts;
  if (!tokenRing)
    throw new TypeError("admin.console is configured, and Moor was not given the keys that sign its cookies");
  return createConsole({ ...parts, config: { ...site, admin }, access, tokenRing, pools: live.pools });
}

import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Counters } from "../../observe/counters.ts";
import { noRoute } from "../problem.ts";
import { createAdminAccess, type OperatorEnv } from "./access.ts";
import { type AdminApiParts, createAdminApi } from "./admin-api.ts";
import { createMetricsApi } from "./metrics-api.ts";

/** The parts of the APIs for operators. */
export interface OperatorsParts extends Omit<AdminApiParts, "access"> {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  /** The secret that operators send as a bearer token. Default: no secret. */
  readonly token?: string | undefined;
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
  // Faults are reported in one place, where requests come in.
  app.onError((fault) => {
    throw fault;
  });
  app.notFound((c) => noRoute(c.req.raw, c.env.log));
  return app;
}

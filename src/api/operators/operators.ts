import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Counters } from "../../observe/counters.ts";
import { noRoute } from "../problem.ts";
import { type AdminApiParts, createAdminApi } from "./admin-api.ts";
import { createMetricsApi } from "./metrics-api.ts";

/** The parts of the APIs for operators. */
export interface OperatorsParts extends AdminApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  /** Default: there are no counters. */
  readonly counters: Counters | undefined;
}

/**
 * The APIs for operators: the admin API and the counters.
 *
 * @throws TypeError if the settings let no operator in.
 */
export function createOperators(parts: OperatorsParts): Hono {
  const { counters, log } = parts;
  const app = new Hono();
  app.route("/.moor/admin", createAdminApi(parts));
  if (counters) app.route("/.moor/metrics", createMetricsApi({ ...parts, counters }));
  // Faults are reported in one place, where requests come in.
  app.onError((fault) => {
    throw fault;
  });
  app.notFound((c) => noRoute(c.req.raw, log));
  return app;
}

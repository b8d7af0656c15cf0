import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Counters } from "../../observe/counters.ts";
import { noRoute } from "../problem.ts";
import { type AdminApiParts, createAdminApi } from "./admin-api.ts";
import { createMetricsApi } from "./metrics-api.ts";

/** What operators are served with. */
export interface OperatorsParts extends AdminApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  /** Default: there are none. */
  readonly counters: Counters | undefined;
}

/**
 * What is there for operators: the admin API and the counters.
 *
 * @throws TypeError if nobody could be an admin.
 */
export function createOperators(parts: OperatorsParts): Hono {
  const { counters, log } = parts;
  const app = new Hono();
  app.route("/.moor/admin", createAdminApi(parts));
  if (counters) app.route("/.moor/metrics", createMetricsApi({ ...parts, counters }));
  // Faults are told in one place, where requests come in.
  app.onError((fault) => {
    throw fault;
  });
  app.notFound((c) => noRoute(c.req.raw, log));
  return app;
}

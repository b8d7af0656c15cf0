import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import { type Counters, EXPOSITION_TYPE } from "../../observe/counters.ts";
import type { AdminAccess, OperatorEnv } from "./access.ts";
import { whoAsks } from "./admin-api.ts";

/** The configuration, the access check, and the counters of the API for metrics. */
export interface MetricsApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  readonly access: AdminAccess;
  readonly counters: Counters;
}

/** The counts of the isolate that answers, for Prometheus. A client that is no operator is answered as if the path did not exist. */
export function createMetricsApi({ config, access, counters }: MetricsApiParts): Hono<OperatorEnv> {
  const api = new Hono<OperatorEnv>();
  api.get("/", async (c) => {
    const who = await whoAsks(c, config, access);
    if (who instanceof Response) return who;
    return c.body(counters.text(), 200, { "Content-Type": EXPOSITION_TYPE, "Cache-Control": "no-store" });
  });
  return api;
}

import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Log } from "../../log.ts";
import { type Counters, EXPOSITION_TYPE } from "../../observe/counters.ts";
import { createAdminAccess } from "./access.ts";
import { whoAsks } from "./admin-api.ts";

/** The configuration, the counters, and the clock of the API for metrics. */
export interface MetricsApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  readonly token?: string | undefined;
  readonly counters: Counters;
  readonly clock: () => number;
  readonly log: Log;
}

/**
 * The counts of the isolate that answers, for Prometheus. A client that is no operator is answered as if the path did not exist.
 *
 * @throws TypeError if the settings let no operator in.
 */
export function createMetricsApi({ config, token, counters, clock, log }: MetricsApiParts): Hono {
  const access = createAdminAccess({ token, access: config.access, clock });
  const api = new Hono();
  api.get("/", async (c) => {
    const who = await whoAsks(c, config, access, log);
    if (who instanceof Response) return who;
    return c.body(counters.text(), 200, { "Content-Type": EXPOSITION_TYPE, "Cache-Control": "no-store" });
  });
  return api;
}

import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Log } from "../../log.ts";
import { type Counters, EXPOSITION_TYPE } from "../../observe/counters.ts";
import { createAdminAccess } from "./access.ts";
import { whoAsks } from "./admin-api.ts";

/** What the counters are shown by. */
export interface MetricsApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  readonly token?: string | undefined;
  readonly counters: Counters;
  readonly clock: () => number;
  readonly log: Log;
}

/**
 * What the isolate that answers has counted, for Prometheus. Whoever is no admin is answered as if there were nothing here.
 *
 * @throws TypeError if nobody could be an admin.
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

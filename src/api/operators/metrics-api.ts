import { Hono } from "hono/tiny";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Counters } from "../../observe/counters.ts";
import { EXPOSITION_TYPE } from "../../totals/exposition.ts";
import { sessionSpans } from "../../upstream/live/live-pools.ts";
import { problem } from "../problem.ts";
import type { AdminAccess, OperatorEnv } from "./access.ts";
import { whoAsks } from "./admin-api.ts";
import { notBound, type PoolsApiParts } from "./pools-api.ts";
import { siteMetrics } from "./site-metrics.ts";

/** The configuration, the access check, the counters of the isolate, and the pools, of the API for metrics. */
export interface MetricsApiParts {
  readonly config: NonNullable<ResolvedConfig["admin"]>;
  readonly access: AdminAccess;
  readonly counters: Counters;
  readonly live: Pick<PoolsApiParts, "config" | "pools">;
}

/**
 * Counts for Prometheus: of the isolate that answers, or with `?of=site` of all isolates. A client that is no operator is answered as
 * if the path did not exist.
 */
export function createMetricsApi({ config, access, counters, live }: MetricsApiParts): Hono<OperatorEnv> {
  const api = new Hono<OperatorEnv>();
  const { awayMs } = sessionSpans(live.config.session);
  api.get("/", async (c) => {
    const who = await whoAsks(c, config, access);
    if (who instanceof Response) return who;
    const of = c.req.query("of");
    if (of !== undefined && of !== "site") {
      const title = `of: found ${JSON.stringify(of)}, accepted: "site"; left out: the isolate that answers.`;
      return problem(400, "bad_of", title);
    }
    const { look, totals } = live.pools ?? {};
    if (of === "site" && !(look && totals)) return notBound();
    const text =
      of && look && totals ? await siteMetrics({ ...live, pools: { look, totals }, awayMs }) : counters.text();
    return c.body(text, 200, { "Content-Type": EXPOSITION_TYPE, "Cache-Control": "no-store" });
  });
  return api;
}

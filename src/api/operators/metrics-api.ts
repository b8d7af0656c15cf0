import type { Context } from "hono";
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
    if (of === undefined) return exposed(c, counters.text());
    if (!live.pools) return notBound();
    const { look, totals } = live.pools;
    if (!totals) {
      const title = "Nothing adds up the counts of all processes here. Ask each process without of, and add them up.";
      return problem(409, "no_totals", title);
    }
    return exposed(c, await siteMetrics({ ...live, pools: { look, totals }, awayMs }));
  });
  return api;
}

function exposed(c: Context, text: string): Response {
  return c.body(text, 200, { "Content-Type": EXPOSITION_TYPE, "Cache-Control": "no-store" });
}

import { Hono } from "hono/tiny";
import type { Counters } from "../counters.ts";
import type { Log } from "../log.ts";
import type { Unattended } from "../store/contracts.ts";
import type { Principals } from "../store/principal-contracts.ts";
import type { Pools } from "../upstream/live/pool-contracts.ts";
import { createAdminApi } from "./admin-api.ts";
import type { SessionApiParts } from "./bearer.ts";
import { createMetricsApi } from "./metrics-api.ts";
import { noRoute } from "./no-route.ts";
import { createSessionApi } from "./session-api.ts";
import { createSessionsApi } from "./sessions-api.ts";

/** What is under `/.moor/`. */
export interface AdminParts extends SessionApiParts {
  /** Needed if the configuration has `principals` or `admin`. */
  readonly unattended?: Unattended | undefined;
  /** Needed if the configuration has `principals`. */
  readonly principals?: Principals | undefined;
  /** Default: pools are as they are configured. */
  readonly pools?: Pools | undefined;
  readonly adminToken?: string | undefined;
  /** Shown to admins. Default: there are none. */
  readonly counters?: Counters | undefined;
  readonly log: Log;
}

/**
 * Everything under `/.moor/`.
 *
 * @throws TypeError if the configuration asks for what it was not given.
 */
export function createAdmin(parts: AdminParts): Hono {
  const { config, adminToken: token, clock, log } = parts;
  const principals = config.principals && required(parts.principals, "principals");
  const app = new Hono();
  app.get("/.moor/jwks.json", async (c) =>
    c.json(await parts.handoff.keySet(), 200, { "Cache-Control": "public, max-age=300" }),
  );
  app.route("/.moor/session", createSessionApi(parts));
  if (principals) {
    const sessions = required(parts.unattended, "principals");
    app.route("/.moor/sessions", createSessionsApi({ ...parts, sessions, principals }));
  }
  if (config.admin) {
    const sessions = required(parts.unattended, "admin");
    const live = { config, pools: parts.pools };
    app.route("/.moor/admin", createAdminApi({ config: config.admin, token, sessions, principals, live, clock, log }));
  }
  if (config.admin && parts.counters) {
    app.route(
      "/.moor/metrics",
      createMetricsApi({ config: config.admin, token, counters: parts.counters, clock, log }),
    );
  }
  // Faults are told in one place, where requests come in.
  app.onError((fault) => {
    throw fault;
  });
  app.notFound((c) => noRoute(c.req.raw, log));
  return app;
}

function required<T>(part: T | undefined, setting: string): T {
  if (part === undefined) throw new TypeError(`${setting} is configured, and Moor was not given what that takes`);
  return part;
}

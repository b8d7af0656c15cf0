import { tracing, waitUntil } from "cloudflare:workers";
import type { RecentNamespace } from "../adoption/recent.ts";
import { loginsOf } from "../config/logins.ts";
import { readConfig } from "../config/read.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import { takeChecked } from "../config/take-checked.ts";
import type { MoorConfig } from "../config/types.ts";
import { failureResponse } from "../errors.ts";
import { createDebugCheck } from "../inbound/token/debug-token.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import { describeFault, logToConsole } from "../log.ts";
import type { LoginBindings } from "../login/logins.ts";
import { createMoor, type Moor } from "../moor.ts";
import type { MetricsDataset } from "../observe/data-point.ts";
import { createTracer } from "../observe/tracer.ts";
import type { KeepAlive } from "../request/exchange.ts";
import { policyOf } from "../session/policy.ts";
import { formatMistakes } from "../settings/mistakes.ts";
import type { ReplicaNamespace } from "../store/kv-replicas.ts";
import { createOriginTags } from "../upstream/choose/learn.ts";
import type { StateNamespace } from "../upstream/live/published-states.ts";
import { createHandoff } from "../upstream/wire/handoff.ts";
import { type AdoptionEnv, bindAdoption, bindOldSessions, type CreateKeptAdoption } from "./adoption.ts";
import { loginSecretIn } from "./login-secret.ts";
import { bindPools, type CreateKeptPools, type PoolsEnv } from "./pools.ts";
import { bindReports, type Reports } from "./reports.ts";
import { type BoundSessions, bindSessions, type SessionsEnv } from "./sessions.ts";

/** The bindings of wrangler. */
export interface Env
  extends Omit<SessionsEnv, "SESSION_REPLICAS">,
    Omit<PoolsEnv, "SESSION_REPLICAS">,
    Omit<AdoptionEnv, "SESSION_REPLICAS"> {
  /** KV: replicas of sessions, the published states of pools, and which old applications visitors come from. */
  SESSION_REPLICAS?: ReplicaNamespace & StateNamespace & RecentNamespace;
  MOOR_HANDOFF_KEYS?: string;
  /** A dataset of Workers Analytics Engine. Each request writes a data point. */
  METRICS?: MetricsDataset;
  /** The secret that operators send as a bearer token, if the configuration has `admin`. */
  MOOR_ADMIN_TOKEN?: string;
  /** The secret of operators who may look at the console, and not act. */
  MOOR_VIEWER_TOKEN?: string;
  /** Signs the calls of `admin.webhook`: `whsec_` and at least 24 random bytes as base64. */
  MOOR_WEBHOOK_SECRET?: string;
  /** The secret of this site's client at the provider of logins. Without it, the client is public. See `secretNameOf` for several logins. */
  MOOR_LOGIN_SECRET?: string;
  /** The version of the Worker, which operators see in the totals. */
  CF_VERSION_METADATA?: { readonly id: string };
  /** The `iss` claim of the handoff. */
  MOOR_ISSUER?: string;
  /** A configuration as JSON. It takes precedence over the bundled configuration. */
  MOOR_CONFIG?: string;
}

interface Built {
  readonly moor: Moor;
  readonly sessions: BoundSessions;
  readonly reports: Reports | undefined;
}

/** The part of the platform that differs outside Cloudflare. */
export interface Platform {
  /** Keeps work alive that goes on after the answer. Default: the runtime does. */
  readonly keepAlive?: KeepAlive;
  /** Creates the authority of pools. Default: they have Durable Objects. */
  readonly createPools?: CreateKeptPools;
  /** Creates the knowledge about old applications. Default: it is in the objects of pools, and in KV. */
  readonly createKeptAdoption?: CreateKeptAdoption;
}

/**
 * The handlers that a Worker exports: for requests, and for the sweep by a cron trigger. Their parts are put together at the
 * first call.
 *
 * @param bundled the configuration, unless `MOOR_CONFIG` is set.
 * @param platform default: Cloudflare.
 */
export function createHandler(bundled: MoorConfig, platform: Platform = {}) {
  const { keepAlive } = platform;
  /** One per isolate. It keeps knowledge that it has gained, and never the objects of a request. */
  let built: Built | undefined;

  return {
    fetch(request, env, context) {
      try {
        built ??= build(env, bundled, platform);
      } catch (fault) {
        logToConsole({ event: "not_configured", reason: describeFault(fault) });
        return failureResponse("not_configured", request);
      }
      return built.moor(request, keepAlive ?? ((work) => context.waitUntil(work)));
    },

    async scheduled(_controller, env) {
      built ??= build(env, bundled, platform);
      const beganAt = Date.now();
      const swept = await built.sessions.sweep();
      built.reports?.swept(beganAt, swept);
    },
  } satisfies ExportedHandler<Env>;
}

function build(
  env: Env,
  bundled: MoorConfig,
  { keepAlive = waitUntil, createPools, createKeptAdoption }: Platform,
): Built {
  const config = readEnvConfig(env, bundled);
  if (!env.MOOR_ISSUER) throw new TypeError("MOOR_ISSUER is not set; it takes the address that clients use.");
  const handoffRing = parseKeyRing(env.MOOR_HANDOFF_KEYS, "MOOR_HANDOFF_KEYS");
  const reports = bindReports(env, config, () => bound?.pools, { keepAlive, createPools });
  const log = reports?.log ?? logToConsole;
  const oldSessions =
    typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
      ? bindOldSessions(env, () => config, log, { inObject: false })
      : undefined;
  const sessions = bindSessions(env, config, log, { events: bundled.events, oldSessions, keepAlive });
  const kept = { keepAlive, createPools, reporterOf: reports?.reporterOf };
  const bound = bindPools(env, config, sessions.makeBreaker, log, kept);
  const adoption = bindAdoption(env, config, env.MOOR_ISSUER, { ...sessions, createKeptAdoption }, log);
  const described = {
    ...sessions,
    config: adoption?.config ?? config,
    adminToken: env.MOOR_ADMIN_TOKEN,
    ...(typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE
      ? { viewerToken: viewerTokenOf(env), openSince: reports?.openSince, issuer: env.MOOR_ISSUER }
      : undefined),
    ...((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) &&
      loginsOf(config).length > 0 && { login: loginOf(env, sessions) }),
    pools: bound?.pools,
    handoff: createHandoff({
      ring: handoffRing,
      issuer: env.MOOR_ISSUER,
      ...config.handoff,
      policy: policyOf(config),
      ...(typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN ? { logins: loginsOf(config) } : undefined),
    }),
    debug: createDebugCheck(sessions.tokenRing),
    metrics: env.METRICS,
    ...((typeof MOOR_TRACES === "undefined" || MOOR_TRACES) &&
      config.traces && { tracer: createTracer(tracing, config.traces) }),
    bindings: {
      originTags: createOriginTags(sessions.tokenRing),
      services: { ...env },
      live: bound?.live,
      keepAlive,
    },
    tallies: reports?.tallies,
    clock: Date.now,
    log,
  };
  return { moor: createMoor(described, adoption?.create), sessions, reports };
}

/** @throws TypeError if the secret is too short, or lets viewers act. */
function viewerTokenOf({ MOOR_VIEWER_TOKEN: token, MOOR_ADMIN_TOKEN }: Env): string | undefined {
  if (!token) return undefined;
  if (token.length < 32 || token === MOOR_ADMIN_TOKEN) {
    throw new TypeError("MOOR_VIEWER_TOKEN: expected at least 32 characters, and another value than MOOR_ADMIN_TOKEN.");
  }
  return token;
}

function loginOf(env: Env, { tokenRing, makeBreaker }: BoundSessions): LoginBindings {
  const secretOf = (id: string | undefined) => loginSecretIn(env, id);
  return { ring: tokenRing, secretOf, issuer: env.MOOR_ISSUER as string, makeBreaker };
}

/**
 * The configuration of a Worker: that of its environment, or else the bundled one.
 *
 * @throws TypeError if it has mistakes, or needs a part that the build lacks, or if it is not the configuration that was checked for this build.
 */
export function readEnvConfig(env: Pick<Env, "MOOR_CONFIG">, bundled: MoorConfig): ResolvedConfig {
  const given: MoorConfig = env.MOOR_CONFIG === undefined ? bundled : JSON.parse(env.MOOR_CONFIG);
  return typeof MOOR_CHECKED === "undefined" ? readUnchecked(given) : takeChecked(given, MOOR_CHECKED);
}

function readUnchecked(given: MoorConfig): ResolvedConfig {
  if (!(typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && (given?.login || given?.logins))
    leftOut("MOOR_LOGIN", "login is configured");
  if (!(typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) && given?.logins)
    leftOut("MOOR_LOGINS", "logins is configured");
  if (!(typeof MOOR_CLIENT_FIELDS === "undefined" || MOOR_CLIENT_FIELDS)) {
    const { address = "none", country, userAgent, trace } = given?.log ?? {};
    if (address !== "none" || country || userAgent || trace)
      leftOut("MOOR_CLIENT_FIELDS", "log asks for a field of the client");
  }
  if (!(typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && given?.traces) leftOut("MOOR_TRACES", "traces is set");
  const read = readConfig(given);
  if (read.kind === "invalid") throw new TypeError(formatMistakes(read.mistakes));
  if (typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) {
    for (const { backchannel, refreshSeconds } of loginsOf(read.config)) {
      if (!(typeof MOOR_BACKCHANNEL === "undefined" || MOOR_BACKCHANNEL) && backchannel)
        leftOut("MOOR_BACKCHANNEL", "login.backchannel is set");
      if (!(typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && refreshSeconds !== undefined)
        leftOut("MOOR_REFRESH", "login.refreshSeconds is set");
    }
  }
  return read.config;
}

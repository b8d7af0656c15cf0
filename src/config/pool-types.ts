import type { AlgorithmName } from "../affinity/algorithms.ts";
import type { Region } from "./regions.ts";

/** One server. */
export interface OriginConfig {
  /** Stable name, `[a-z0-9._-]{1,64}`. Affinity hashes it: keep it when the server's address changes. */
  id: string;
  /** `http://` or `https://`, with an optional base path; no query, fragment or credentials. */
  url: string;
  /** Name of a service binding of `wrangler.toml`: requests go through it, addressed to `url`. Default: none, they go to `url`. */
  service?: string;
  /** Share of the sessions relative to the other origins of the pool. Default 1; above 0, at most 1,000,000. */
  weight?: number;
  /**
   * When sessions must be born to be served here, each interval from a time (included) until another (not included). An empty
   * list: none is. Default: always. So an origin that is added moves nobody, and one that is drained gets nobody new.
   */
  open?: { from?: string; until?: string }[];
  /**
   * Where it is. Sessions that were born there are served here, wherever they travel, and by others only when no origin of their region is
   * left. All origins of a pool but its backups have one, or none. Default: none.
   */
  region?: Region;
  /** `true`: never chosen. For the algorithms of nginx, where a server that is down keeps its place. Default `false`. */
  down?: boolean;
  /** `true`: chosen only when too few of the others are left. Default `false`. */
  backup?: boolean;
  /** The server exactly as nginx's configuration names it, as in `10.0.0.1:8080`. `nginx-chash` hashes it and needs it. */
  nginxServer?: string;
  /**
   * How values of the cookie that the pool learns from name this origin: they are this, or end in a dot and this (Tomcat's `jvmRoute`).
   * Default: the id.
   */
  route?: string;
}

/** What is hashed to choose an origin. A pool's list is tried in order; the first that is present decides. */
export type HashPolicy =
  | { type: "session-id" }
  | { type: "header"; name: string }
  | { type: "cookie"; name: string }
  | { type: "query"; name: string }
  | { type: "client-ip" };

/**
 * The rule by which the same key meets the same origin.
 *
 * - `rendezvous`, also called `whrw1` (the default): weighted rendezvous hashing. A change of the origins moves only the
 *   sessions that must move.
 * - `maglev`: a table of 65,537 slots. A pick is cheap in pools of hundreds of origins, but a change of the origins also moves
 *   a few sessions whose origin stays, and there is no slow start.
 * - `nginx-…`: computes the choice of nginx for `ip_hash`, `hash KEY`, and `hash KEY consistent`, bit by bit. No visitor moves
 *   when a site moves from nginx to Moor. `key` is the key of the directive, and the origins have the order of the `upstream`
 *   block. Where nginx would go on by round robin, `whrw1` chooses.
 */
export type AffinityConfig = { algorithm: AlgorithmName } | NginxAffinityConfig;

/** An algorithm of nginx; see {@link AffinityConfig}. */
export type NginxAffinityConfig =
  | { algorithm: "nginx-ip-hash"; cutOver?: string | undefined }
  | {
      algorithm: "nginx-hash" | "nginx-chash";
      /** As in `$cookie_sid` or `$remote_addr-$arg_item`. */
      key: string;
      /** A time, as in `2027-01-01T00:00:00Z`: sessions born from then on go by `whrw1`, those before stay. Default: none. */
      cutOver?: string | undefined;
    };

/** A change of the session that a pool's origins may ask for. `"principal"` covers login and rotation. */
export type Permission = "patch" | "principal" | "end";

/**
 * How an isolate tells by its own requests that an origin fails, in Envoy's words. An origin that is ejected gets no sessions
 * until it has answered again; its sessions go to the next of their order, and nobody else moves.
 */
export interface OutlierDetectionConfig {
  /**
   * Clients whose requests an origin has lost since it last answered, and another one has answered, until it is ejected, where checks of
   * the isolate's own tell nothing. An origin that does not answer a check either is ejected at the first. Default 5; 1 to 1,000.
   */
  consecutiveGatewayFailure?: number;
  /**
   * The percentage of an origin's requests in `intervalSeconds` that those clients' must be where it answers others meanwhile. Default
   * 10; 1 to 100.
   */
  failurePercentageThreshold?: number;
  /**
   * Server errors (5xx, or no answer) running until it is ejected; 1 to 1,000. Default: never. Sessions stay with their origins, so one
   * visitor with a page that fails makes all errors of his origin.
   */
  consecutive5xx?: number;
  /** Ejects origins that answer 5xx more often than the others do. Default: none; `{}` takes Envoy's numbers. */
  successRate?: SuccessRateConfig;
  /** How long shares and success rates are counted, and how long an origin behaves until one ejection is forgotten. Default 10; 1 to 3,600. */
  intervalSeconds?: number;
  /** How long the first ejection lasts; the second in a row twice as long, and so on. Default 10; 1 to 3,600. */
  baseEjectionSeconds?: number;
  /** How long an ejection lasts at most. Default 300, or `baseEjectionSeconds` if that is more; from that to 86,400. */
  maxEjectionSeconds?: number;
  /** A random part of this is added to each ejection, so that isolates do not all come back at once. Default 2; 0 to 3,600. */
  maxEjectionJitterSeconds?: number;
  /** At most this share of a pool's origins is ejected, but one may always be, unless it is 0. Default 100; 0 to 100. */
  maxEjectionPercent?: number;
}

/** When an origin's success rate is an outlier. */
export interface SuccessRateConfig {
  /** Origins that must have had enough requests in an interval. Default 5; 2 to 1,000. */
  minimumHosts?: number;
  /** Requests that are enough. Default 100; 1 to 1,000,000. */
  requestVolume?: number;
  /** How many thousandths of the standard deviation below the mean an outlier lies. Default 1,900; 0 to 100,000. */
  stdevFactor?: number;
}

/**
 * How the Durable Object of a pool asks its origins, whether anybody visits them or not, in Envoy's words. An origin that is unhealthy
 * gets no sessions until it is healthy again: its sessions go to the next of their order, and nobody else moves. The object probes while
 * the pool has visitors, and ten minutes more.
 */
export interface HealthCheckConfig {
  /** Path, and query if need be, that are asked for by GET below the origin's `url`; redirects are not followed. */
  path: string;
  /** Statuses of an origin that is well: ranges, each from `start` (100 at least) to below `end` (600 at most). Default: 200. */
  expectedStatuses?: { start: number; end: number }[];
  /** What the first 16 KiB of the response's body must hold, 1 to 1,024 characters. Default: the body is not read. */
  expectedBody?: string;
  /** How often an origin is asked; up to a tenth later, so that pools do not all ask at once. Default 10; 1 to 300. */
  intervalSeconds?: number;
  /** How often one that is unhealthy is asked. Default `intervalSeconds`; 1 to 300. */
  unhealthyIntervalSeconds?: number;
  /**
   * How long a probe may take, its body included, in milliseconds. Default 5,000, or the shorter interval if that is less; from 10 to
   * 60,000, and to that interval.
   */
  timeoutMs?: number;
  /** Probes running that must pass until an unhealthy origin is healthy. Default 2; 1 to 100. */
  healthyThreshold?: number;
  /** Probes running that must fail until an origin is unhealthy. Default 3; 1 to 100. */
  unhealthyThreshold?: number;
}

/** Of what came in the last 10 to 20 seconds. When it is spent, the first failure is the answer. */
export interface RetryBudgetConfig {
  /** Retries for each hundred requests. Default 20; 0 to 100. */
  budgetPercent?: number;
  /** Retries beside those, so that few requests may be sent again, too, and the first of an isolate. Default 50; 0 to 10,000. */
  minRetries?: number;
}

/** A status that may close an origin to new sessions. */
export type ClosingStatus = 429 | 503;

/** Servers that serve the same. */
export interface PoolConfig {
  /** `[a-z0-9._-]{1,64}`; the audience (`aud`) of the handoff. */
  id: string;
  /** At least one; ids are unique within the pool. */
  origins: OriginConfig[];
  /**
   * The `Host` that origins see: their own (the default), or the client's, by `cf.resolveOverride`. Cloudflare allows that within one
   * zone only, so `"client"` needs `zone`. The client's is in `X-Forwarded-Host` either way.
   */
  host?: "origin" | "client";
  /** The zone, as `example.com`, of all origins of the pool and of all hosts of its routes. Needed for `host: "client"`. */
  zone?: string;
  /** Default `[{ type: "session-id" }]`. */
  hashPolicy?: HashPolicy[];
  /** Default `{ algorithm: "whrw1" }`. */
  affinity?: AffinityConfig;
  /**
   * For applications that keep sessions to themselves, without a change to them: visitors stay with the origin that has set
   * this cookie of the application's own, `JSESSIONID`, `PHPSESSID`, `connect.sid`. Default: none.
   */
  learn?: { cookie: string };
  /**
   * How long one attempt may take until the origin's response headers are there, in milliseconds. A body that streams, above
   * 64 KiB or of no declared length, has no deadline: its client may be slow.
   * Default 30,000; 10 to 600,000.
   */
  attemptDeadlineMs?: number;
  /** How an isolate tells that an origin fails. Default: it loses a request and does not answer the isolate's own check. */
  outlierDetection?: OutlierDetectionConfig;
  /** Probes that the pool's Durable Object sends to its origins. Default: none. */
  healthCheck?: HealthCheckConfig;
  /**
   * When fewer than this share of the origins is healthy, health is ignored, and every session keeps its own origin. Default 25; 0
   * to 100. When none is healthy it is ignored in any case.
   */
  panicThresholdPercent?: number;
  /**
   * How long an origin that opens (`open`) gets a growing part of its share of the new sessions, in ten steps. A session stays where
   * it was born. Default 0: at once all of it; at most 86,400.
   */
  slowStartSeconds?: number;
  /** How many requests an isolate sends again when no response came. Default: 20 % of them, and 50. */
  retryBudget?: RetryBudgetConfig;
  /**
   * `true`: a session whose origin cannot be reached is answered 503 rather than served by another origin. For applications that
   * keep what a session needs on the server alone. Default `false`.
   */
  strictAffinity?: boolean;
  /**
   * Where a session goes that was moved because its own origin was away, and that is back. `"pin"` (default): it stays where it was
   * rebuilt; `"immediate"`: it goes home. Where the application's cookie (`learn`) or nginx's algorithm tells, that decides.
   */
  failback?: "pin" | "immediate";
  /** Statuses that close an origin to new sessions if `Retry-After` comes with them. Default `[503]`; of 429 and 503, any. */
  closeOn?: ClosingStatus[];
  /**
   * What the pool's origins see of the attributes (`true`: all; a list: these), which changes they may ask for, and which attributes
   * their patches may touch. Default: everything if this is the only pool; otherwise `{ see: true, may: ["patch"] }`; they write what they see.
   */
  session?: { see?: true | string[]; may?: Permission[]; write?: true | string[] };
}

import type { AlgorithmName } from "../affinity/algorithms.ts";
import type { BalancerType } from "../balancers/registry.ts";
import type { Region } from "./regions.ts";

/** One server behind Moor. */
export interface OriginConfig {
  /** Stable name, `[a-z0-9._-]{1,64}`. Affinity hashes it, so keep it when the server's address changes. */
  id: string;
  /** `http://` or `https://`, with an optional base path; no query, fragment or credentials. */
  url: string;
  /**
   * Name of a service binding of `wrangler.toml`. Requests go through the binding, addressed to `url`. Default: no binding,
   * requests go to `url`.
   */
  service?: string;
  /** Share of the sessions relative to the other origins of the pool. Default 1; above 0, at most 1,000,000. */
  weight?: number;
  /**
   * The times at which sessions must be born to be served here. Each interval runs from a time (included) until another time (not
   * included). An empty list: no session is served here. Default: sessions of any age are. So an origin that is added takes no
   * visitor from another, and an origin that is drained gets no new visitor.
   */
  open?: { from?: string; until?: string }[];
  /**
   * The region of this origin. Sessions born in the region are served here, wherever their visitors travel. Other origins serve
   * them only when no origin of the region is left. Either all origins of a pool except its backups have a region, or none of
   * them has. Default: no region.
   */
  region?: Region;
  /**
   * `true`: this origin is never chosen. Needed for the algorithms of nginx, where a server that is down keeps its place. Default
   * `false`.
   */
  down?: boolean;
  /** `true`: this origin is chosen only when too few of the other origins are left. Default `false`. */
  backup?: boolean;
  /** The server exactly as nginx's configuration names it, for example `10.0.0.1:8080`. `nginx-chash` hashes it and needs it. */
  nginxServer?: string;
  /**
   * The name of this origin in the cookie that the pool learns from, or in that of `formerBalancer`. The value of a learned cookie is this
   * name, or ends in a dot and this name (Tomcat's `jvmRoute`). Default: the id.
   */
  route?: string;
}

/** The value that is hashed to choose an origin. A pool's list is tried in order; the first value that is present decides. */
export type HashPolicy =
  | { type: "session-id" }
  | { type: "header"; name: string }
  | { type: "cookie"; name: string }
  | { type: "query"; name: string }
  /**
   * The client's address, or its network of so many leading bits. Default: the whole address. 64 bits of IPv6 are the network of one
   * household, within which devices change their addresses (RFC 8981).
   */
  | { type: "client-ip"; ipv4PrefixBits?: number | undefined; ipv6PrefixBits?: number | undefined };

/** A balancer whose visitors keep their servers. */
export interface FormerBalancerConfig {
  /** How its cookie names a server. Accepted: `haproxy`, `nginx`, `traefik`, `ingress-nginx`, `tomcat`. */
  type: BalancerType;
  /** The name of the cookie, for example `SERVERID`, `route`, or `JSESSIONID` of Tomcat's `jvmRoute`. */
  cookie: string;
}

/** Where an application's own session id stands in a request. */
export interface LearnConfig {
  /**
   * The application's cookie, for example `JSESSIONID`, `PHPSESSID`, or `connect.sid`. A visitor stays with the origin that set it. The
   * cookie comes before the parameters.
   */
  cookie: string;
  /** A parameter of the path, as in `/cart;jsessionid=ABC.node1`. Its value must end in an origin's `route`. Default: no parameter. */
  pathParameter?: string;
  /** A query parameter, as in `/cart?sid=ABC.node1`. Its value must end in an origin's `route`. Default: no parameter. */
  queryParameter?: string;
  /** Whether these names are compared without case, as nginx does. Default `false`. */
  ignoreCase?: boolean;
}

/**
 * The rule by which the same key meets the same origin.
 *
 * - `rendezvous`, also called `whrw1` (the default): weighted rendezvous hashing. A change of the origins moves only the sessions
 *   that must move.
 * - `maglev`: a table of 65,537 slots. A pick is cheap in pools of hundreds of origins, but a change of the origins also moves a
 *   few sessions whose origin stays, and there is no slow start.
 * - `nginx-…`: computes the choice of nginx for `ip_hash`, `hash KEY`, and `hash KEY consistent`, bit by bit. No visitor moves
 *   when a site moves from nginx to Moor. `key` is the key of the directive, and the origins have the order of the `upstream`
 *   block. When nginx would continue by round robin, `whrw1` chooses.
 */
export type AffinityConfig = { algorithm: AlgorithmName } | NginxAffinityConfig;

/** An algorithm of nginx; see {@link AffinityConfig}. */
export type NginxAffinityConfig =
  | { algorithm: "nginx-ip-hash"; cutOver?: string | undefined }
  | {
      algorithm: "nginx-hash" | "nginx-chash";
      /** For example `$cookie_sid` or `$remote_addr-$arg_item`. */
      key: string;
      /**
       * A time, for example `2027-01-01T00:00:00Z`. `whrw1` chooses for sessions born from that time on; older sessions stay.
       * Default: no such time.
       */
      cutOver?: string | undefined;
    };

/** A change of the session that a pool's origins may ask for. `"principal"` covers login and rotation. */
export type Permission = "patch" | "principal" | "end";

/**
 * How an isolate detects from its own requests that an origin fails, in Envoy's words. An ejected origin gets no sessions until
 * it has answered again. Its sessions go to the next origin of their order, and no other session moves.
 */
export interface OutlierDetectionConfig {
  /**
   * An origin is ejected when this many clients have had a request lost by it and answered by another origin, since it last
   * answered. This count decides when the isolate's own checks tell nothing. An origin that does not answer a check either is
   * ejected at the first such client. Default 5; 1 to 1,000.
   */
  consecutiveGatewayFailure?: number;
  /**
   * If the origin meanwhile answers other clients, the clients of `consecutiveGatewayFailure` must also make up this percentage
   * of its requests in `intervalSeconds`. Default 10; 1 to 100.
   */
  failurePercentageThreshold?: number;
  /**
   * Consecutive server errors (5xx, or no answer) that eject an origin; 1 to 1,000. Default: never. Sessions stay with their
   * origins, so one visitor with a page that fails can cause all errors of their origin.
   */
  consecutive5xx?: number;
  /** Ejects origins that answer 5xx more often than the other origins do. Default: off; `{}` takes Envoy's numbers. */
  successRate?: SuccessRateConfig;
  /**
   * The interval over which shares and success rates are counted. It is also the time without trouble after which one ejection is
   * forgotten. Default 10; 1 to 3,600.
   */
  intervalSeconds?: number;
  /**
   * The duration of the first ejection. The second consecutive ejection lasts twice as long, and so on. Default 10; 1 to 3,600.
   */
  baseEjectionSeconds?: number;
  /**
   * The longest duration of an ejection. Default 300, or `baseEjectionSeconds` if that is more; from `baseEjectionSeconds` to
   * 86,400.
   */
  maxEjectionSeconds?: number;
  /** A random part of this time is added to each ejection, so that isolates do not all return at once. Default 2; 0 to 3,600. */
  maxEjectionJitterSeconds?: number;
  /**
   * The largest share of a pool's origins that may be ejected at once. One origin may always be ejected, unless this is 0.
   * Default 100; 0 to 100.
   */
  maxEjectionPercent?: number;
}

/** The rule by which an origin's success rate counts as an outlier. */
export interface SuccessRateConfig {
  /** How many origins must have had enough requests in an interval. Default 5; 2 to 1,000. */
  minimumHosts?: number;
  /** How many requests are enough. Default 100; 1 to 1,000,000. */
  requestVolume?: number;
  /** How far below the mean an outlier lies, in thousandths of the standard deviation. Default 1,900; 0 to 100,000. */
  stdevFactor?: number;
}

/**
 * How the Durable Object of a pool probes its origins, in Envoy's words, whether visitors use them or not. An unhealthy origin
 * gets no sessions until it is healthy again. Its sessions go to the next origin of their order, and no other session moves. The
 * object probes while the pool has visitors, and for ten minutes after that.
 */
export interface HealthCheckConfig {
  /** The path that a probe requests by GET below the origin's `url`, with a query if needed. Redirects are not followed. */
  path: string;
  /** The statuses of a healthy origin: ranges, each from `start` (100 at least) to below `end` (600 at most). Default: 200. */
  expectedStatuses?: { start: number; end: number }[];
  /** A text that the first 16 KiB of the response's body must contain, 1 to 1,024 characters. Default: the body is not read. */
  expectedBody?: string;
  /**
   * The time between probes of an origin. Up to a tenth is added, so that pools do not all probe at once. Default 10; 1 to 300.
   */
  intervalSeconds?: number;
  /** The time between probes of an unhealthy origin. Default `intervalSeconds`; 1 to 300. */
  unhealthyIntervalSeconds?: number;
  /**
   * How long a probe may take, its body included, in milliseconds. Default 5,000, or the shorter interval if that is less; from
   * 10 to 60,000, and at most that interval.
   */
  timeoutMs?: number;
  /** Consecutive probes that must pass before an unhealthy origin is healthy. Default 2; 1 to 100. */
  healthyThreshold?: number;
  /** Consecutive probes that must fail before an origin is unhealthy. Default 3; 1 to 100. */
  unhealthyThreshold?: number;
}

/**
 * The budget of retries, counted from the requests of the last 10 to 20 seconds. When it is spent, the client receives the first
 * failure.
 */
export interface RetryBudgetConfig {
  /** Retries for each hundred requests. Default 20; 0 to 100. */
  budgetPercent?: number;
  /**
   * Retries in addition to that percentage, so that an isolate with few requests, or a fresh one, may also retry. Default 50; 0
   * to 10,000.
   */
  minRetries?: number;
}

/** A status that may close an origin to new sessions. */
export type ClosingStatus = 429 | 503;

/** Servers that serve the same application. */
export interface PoolConfig {
  /** `[a-z0-9._-]{1,64}`; the audience (`aud`) of the handoff. */
  id: string;
  /** At least one; ids are unique within the pool. */
  origins: OriginConfig[];
  /**
   * The `Host` that origins see: their own (the default), or the client's, by `cf.resolveOverride`. Cloudflare allows the
   * client's within one zone only, so `"client"` needs `zone`. `X-Forwarded-Host` has the client's host in both cases.
   */
  host?: "origin" | "client";
  /**
   * The zone that contains all origins of the pool and all hosts of its routes, for example `example.com`. Needed for
   * `host: "client"`.
   */
  zone?: string;
  /**
   * Whether responses name the public address in place of the origins' own: in `Location`, `Content-Location`, `Refresh`, and in
   * `Domain` and `Path` of cookies. Default `true`.
   */
  rewrite?: boolean;
  /** Default `[{ type: "session-id" }]`. */
  hashPolicy?: HashPolicy[];
  /** Default `{ algorithm: "whrw1" }`. */
  affinity?: AffinityConfig;
  /** For applications that keep sessions to themselves, without a change to the application. Default: nothing is learned. */
  learn?: LearnConfig;
  /**
   * The balancer that this pool had before Moor, and the cookie by which it kept a visitor on a server. A visitor whom Moor has not bound yet
   * goes to that server, and Moor then keeps them there by itself. The cookie names an origin by its `route`. Default: no cookie is followed.
   */
  formerBalancer?: FormerBalancerConfig;
  /**
   * How long one attempt may take until the origin's response headers arrive, in milliseconds. A streaming body (above 64 KiB, or
   * of no declared length) has no deadline, because its client may be slow. Default 30,000; 10 to 600,000.
   */
  attemptDeadlineMs?: number;
  /**
   * How an isolate detects that an origin fails. Default: the origin loses a request and does not answer the isolate's own check.
   */
  outlierDetection?: OutlierDetectionConfig;
  /** Probes that the pool's Durable Object sends to its origins. Default: no probes. */
  healthCheck?: HealthCheckConfig;
  /**
   * When a smaller share of the origins is healthy, health is ignored, and every session keeps its own origin. Default 25; 0 to
   * 100. When no origin is healthy, health is always ignored.
   */
  panicThresholdPercent?: number;
  /**
   * How long an origin that opens (`open`) gets a growing part of its share of the new sessions, in ten steps. A session stays
   * with the origin that it was born on. Default 0: the whole share at once; at most 86,400.
   */
  slowStartSeconds?: number;
  /** How many requests an isolate sends again when no response came. Default: 20 % of its requests, and 50 more. */
  retryBudget?: RetryBudgetConfig;
  /**
   * `true`: a session whose origin cannot be reached is answered with 503, and no other origin serves it. For applications that
   * keep a session's data on one server alone. Default `false`.
   */
  strictAffinity?: boolean;
  /**
   * The origin of a session that was moved while its own origin was away, once that origin is back. `"pin"` (default): the
   * session stays with the origin that rebuilt it; `"immediate"`: it goes back to its own origin. If the application's cookie
   * (`learn`) or nginx's algorithm names an origin, that origin is chosen.
   */
  failback?: "pin" | "immediate";
  /** Statuses that close an origin to new sessions if they arrive with `Retry-After`. Default `[503]`; any of 429 and 503. */
  closeOn?: ClosingStatus[];
  /**
   * The rights of the pool's origins. `see`: the attributes that they see (`true`: all; a list: these). `may`: the changes that
   * they may ask for. `write`: the attributes that their patches may touch. Default: everything if routes with sessions lead to
   * this pool alone; otherwise `{ see: true, may: ["patch"] }`. By default they write the attributes that they see.
   */
  session?: { see?: true | string[]; may?: Permission[]; write?: true | string[] };
}

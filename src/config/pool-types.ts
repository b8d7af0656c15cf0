import type { AlgorithmName } from "../affinity/algorithms.ts";
import type { BalancerType } from "../balancers/registry.ts";
import type { HealthCheckConfig, OutlierDetectionConfig } from "./health-types.ts";
import type { OriginHeader } from "./origin-headers.ts";
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

/** Which headers tell origins of the client's request. */
export type ForwardedHeaders = "all" | "rfc7239";

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
  /**
   * The headers that tell origins of the client's request: `"all"` (the default) are `Forwarded` (RFC 7239) and `X-Forwarded-For`,
   * `-Host`, `-Port` and `-Proto`. `"rfc7239"` is `Forwarded` alone, for origins that read it. Clients' own are cut out in both cases.
   */
  forwardedHeaders?: ForwardedHeaders;
  /**
   * Whether a cache may stand between Moor and the origins; Cloudflare's own counts. `false`: none does, so requests with a session do
   * not forbid caches. Where one stands all the same, it may show one visitor's page to another. Default `true`.
   */
  cacheBetween?: boolean;
  /**
   * The only headers of Moor that origins send. Moor asks for them, in place of reading the names of all headers. Any other is handed to
   * the client, and what it asks for is not done. Default: all, in any spelling of `Moor-`.
   */
  announcedHeaders?: OriginHeader[];
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
  /** Probes that the pool's Durable Object sends to its origins, or one process of `moor serve`. Default: no probes. */
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

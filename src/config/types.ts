import type { CarrierConfig } from "../carriers/registry.ts";
import type { RowStoreConfig } from "../row-stores/registry.ts";
import type { AdminConfig } from "./admin-types.ts";
import type { AdoptConfig } from "./adopt.ts";
import type { LoginConfig, NamedLoginConfig, RequireConfig } from "./login-types.ts";
import type { PoolConfig } from "./pool-types.ts";
import type { CorsConfig, LogConfig, LogoutConfig, TracesConfig } from "./site-types.ts";

/**
 * A failure after which a request is sent again, in Envoy's words.
 *
 * - `"connect-failure"`: nothing was sent (Cloudflare's 521, 522, 523, 525, 526, 530). Applies to every method, except requests whose body
 *   streams.
 * - `"reset"`: the connection was lost. This condition and the following ones apply to idempotent methods, and to requests with an
 *   `Idempotency-Key`.
 * - `"timeout"`: no response headers came within `attemptDeadlineMs`. If it is not listed, a timed-out request is sent again only when the
 *   origin answers no other request either.
 * - `"gateway-error"`: the origin answered 502, 503 or 504. `"503"`: that status alone.
 * - `"non-idempotent"`: the conditions from `"reset"` on apply to every method. nginx's word.
 */
export type RetryCondition = "connect-failure" | "reset" | "timeout" | "gateway-error" | "503" | "non-idempotent";

/** A rule that sends some requests to a pool. The first route that matches is taken. */
export interface RouteConfig {
  /** `shop.example.com`, `*.example.com` (one or more labels) or left out: any host. Ports are not compared. */
  host?: string;
  /** `/exact`, `/prefix/*` (matches `/prefix` too) or `/*`. Compared with the normalised path. */
  path: string;
  /** For example `["GET", "HEAD"]`. Default: any method. */
  methods?: string[];
  /** Headers that the request must have, with exactly this value if a value is given. Default: no headers. */
  headers?: { name: string; value?: string | undefined }[];
  /**
   * Id of a pool; or several, each with its share of the sessions (0 to 1,000,000, not all 0). A session stays on its side. A change of
   * the weights moves only the share that it changes.
   */
  pool: string | { id: string; weight: number }[];
  /** Overrides the pool's deadline for requests of this route. Default: the pool's. */
  attemptDeadlineMs?: number;
  /**
   * `false`: requests of this route (assets, probes) get no session and no handoff, and may be cached. They keep their affinity. An
   * object: timeouts for sessions used on this route, at most those of `session`. A request here ends a session that has passed them.
   * Default `true`.
   */
  session?: boolean | RouteSessionConfig;
  /** `false`: requests of this route (polling) do not renew the idle deadline, and receive no flash. Default `true`. */
  touch?: boolean;
  /** `"strict"`: the authority is asked on every request. Default `"bounded"`: a recent copy may answer. */
  freshness?: "bounded" | "strict";
  /** Failures after which a request is sent again. Default `["connect-failure", "reset"]`; an empty list: never. */
  retryOn?: RetryCondition[];
  /**
   * How many origins may take a request that is sent again. An origin to which nothing was sent has not taken it. Default 2, from 1 to 3.
   * With more than 1, one more origin may be asked if the origins that were tried answer no other request and had already failed others.
   */
  retryOrigins?: number;
  /**
   * Time in milliseconds without response headers after which a GET or HEAD is also sent to the next origin. The first answer counts, and
   * the other request is aborted. Each such request takes a retry of the pool's budget. Only with `session: false`, because two answers
   * must be worth the same. Not with learned sessions, and not with `strictAffinity`. Default: never; 1 to the attempt's deadline.
   */
  hedgeAfterMs?: number;
  /**
   * How long a WebSocket of a session may live, in seconds; then both sides are closed with 1008. Its messages pass through the Worker:
   * each costs CPU, and there is no back-pressure. Not with `session: false`. Default: as long as both sides want; 1 to 604,800.
   */
  maxSocketSeconds?: number;
  /** Overrides the pool's setting for requests of this route. Default: the pool's. */
  strictAffinity?: boolean;
  /**
   * The answer to a visitor when stores are down and the only copy left may be older than the state that they have seen. `"serve"`
   * (default): that copy, marked as stale in the handoff. `"refuse"`: 503.
   */
  onStale?: "serve" | "refuse";
  /**
   * The requests of one session that wait for one another, from before they see the session until their change is made. `"none"`
   * (default): no request. `"writes"`: requests whose method is not GET, HEAD or OPTIONS. `"all"`: every request. For applications that
   * read, think and write.
   */
  locking?: "none" | "writes" | "all";
  /** Overrides the site's `explain` for requests of this route. Default: the site's. */
  explain?: boolean;
  /** How long a request waits for the requests before it, in milliseconds. Default 5,000; 0 to 30,000. */
  lockWaitMs?: number;
  /** The answer to a request that waited that long. `"refuse"` (default): 503. `"proceed"`: it goes on without a lock. */
  onLockTimeout?: "refuse" | "proceed";
  /**
   * How Moor treats a POST, PUT or similar request from another site's page that arrives without the visitor's token, because `SameSite`
   * holds the cookie back. `"refuse"` (default): the request founds no session, and is answered with 403 if it would found one.
   * `"repost"`: a form that is posted is answered by a page that posts the same fields again from this site, with the token; for logins by
   * `form_post` that check a `state`. `"allow"`: the request may found a session, which replaces the visitor's own.
   */
  crossSite?: "refuse" | "repost" | "allow";
  /** Overrides the site's `cors` for requests of this route. Default: the site's. */
  cors?: CorsConfig;
  /** The login that requests of this route need. Default: the login that the site requires. */
  require?: RequireConfig;
}

/** Timeouts of a route that is stricter than the site. */
export interface RouteSessionConfig {
  /** Default: the timeout of `session`, which is also the maximum. At least 60. */
  idleSeconds?: number;
  /** Default: the timeout of `session`, which is also the maximum. At least 60. */
  absoluteSeconds?: number;
}

/**
 * Requests that need no session (assets, probes): no session is looked up, handed over or renewed for them. They keep their affinity. A
 * request is ignored if it matches every field that is given here. It matches a list if it matches one entry.
 */
export interface IgnoreConfig {
  /** A path pattern, as in a route. */
  path?: string;
  /** The text after the last dot of the path, without the dot: `["css", "js"]`. */
  extensions?: string[];
  methods?: string[];
  /** `Sec-Fetch-Dest`: `["image", "script", "style"]`. */
  destinations?: string[];
  /** The media type that `Accept` names first: `["image/*"]`. */
  accept?: string[];
  /** `Content-Type` of the request's body, without parameters: `["application/csp-report"]`. */
  contentTypes?: string[];
}

/**
 * The store that orders the changes of sessions and keeps their records. `"object"`: a Durable Object for each session. `"cookie"`: the
 * visitor's own browser. Any other type: rows in that store.
 */
export type AuthorityConfig = { type: "object" } | CookieAuthorityConfig | RowStoreConfig;

/** Sessions without a login, sealed in the cookies of their browsers. docs/guide/sessions-in-cookies.md says what they cannot keep. */
export interface CookieAuthorityConfig {
  type: "cookie";
  /**
   * Where Moor keeps which sessions have ended: a browser that is killed after a logout may send the session again. `"kv"`: the namespace
   * `SESSION_REPLICAS`; other places see an end within 90 seconds. `"redis"`: Redis at Upstash; within 30 seconds.
   */
  revocation: "kv" | "redis";
}

/** Where sessions are kept. */
export interface StoresConfig {
  /** The authority of sessions. Default `{ type: "object" }`. With another type there is neither a backup nor a journal. */
  authority?: AuthorityConfig;
  /**
   * Which sessions have replicas in KV. `"travel"` (default): sessions that are used outside the region they were born in; `"always"`;
   * `"off"`.
   */
  replicate?: "travel" | "always" | "off";
  /**
   * When a change is backed up in Redis. `"async"` (default): after the response. `"sync"`: before a new version is let out. `"off"`:
   * never; Redis then still takes changes while a Durable Object is out of reach, and shows only those changes. The end of a session is
   * backed up before its response in any case. Only with the authority `"object"`; with another authority the default is `"off"`.
   */
  backup?: "async" | "sync" | "off";
  /**
   * `true`: a change that could not be backed up is refused with 503. `false` (default): Moor goes on without the backup. Needs
   * `backup: "sync"`.
   */
  strictBackup?: boolean;
  /**
   * How the Redis is reached that holds backups and journals. `"redis"` (default): over the REST protocol of Upstash, if its secrets are
   * set. `"redis-tcp"`: by a socket, at the address in the secret `MOOR_REDIS_URL`. Only with the authority `"object"`.
   */
  fallback?: "redis" | "redis-tcp";
}

/** Deadlines and limits of a session. */
export interface SessionConfig {
  /** A session ends after this long without a request. Default 43,200 (12 h); 60 to 31,536,000. */
  idleSeconds?: number;
  /** A session ends this long after its birth, whatever happens. Default 604,800 (7 d); `idleSeconds` to 31,536,000. */
  absoluteSeconds?: number;
  /** The idle timeout until a client has sent its token back once. Default 1,800; 1 to `idleSeconds`. */
  firstIdleSeconds?: number;
  /** How long a token may found its session while no store holds that session yet. Default 12; 1 to 168, within the absolute timeout. */
  newSessionHours?: number;
  /**
   * How long the generation before a rotation is still served. The time counts from the rotation. If no visitor can have logged in to that
   * generation, it counts from the first use of the new generation. Default 30; 0 to 300.
   */
  graceSeconds?: number;
  /** Maximum length of the attributes as UTF-8 JSON, in bytes. Default 65,536; 1,024 to 1,048,576. */
  maxAttributeBytes?: number;
  /**
   * `"host"`: a session belongs to the host at which it was born, and its token is void at any other host, for example of another tenant.
   * Default: a token is valid at each host to which the client sends it.
   */
  bindTo?: "host";
  /** The timeouts of visitors who asked at their login to be remembered (`Moor-Remember: 1`). Default: no visitor is remembered. */
  remember?: RememberConfig;
}

/** A longer policy that a visitor chooses at a login. */
export interface RememberConfig {
  /** Default 2,592,000 (30 d); from the session's `idleSeconds` to 31,536,000. */
  idleSeconds?: number;
  /** Counts from the login. Default 7,776,000 (90 d); from `idleSeconds` to 31,536,000. */
  absoluteSeconds?: number;
}

/** The index of each principal's sessions, and the limit on their number. */
export interface PrincipalsConfig {
  limit?: {
    /** How many sessions a principal may have at once. Default 10,000; 1 to 10,000, at most 100 with `"refuse"`. */
    sessions?: number;
    /** The fate of a login above that limit. `"end-oldest"` (default): the session that logged in first is ended. `"refuse"`: 403. */
    onTooMany?: "refuse" | "end-oldest";
  };
}

/** The configuration that an operator edits: pools, routes, session policy. */
export interface MoorConfig {
  /** At least one; ids are unique. */
  pools: PoolConfig[];
  /** Default: one route, every host and path to the first pool. */
  routes?: RouteConfig[];
  session?: SessionConfig;
  /** Requests that need no session. Default: only the requests of routes that say so. */
  ignore?: IgnoreConfig[];
  /** In order: if a request has several tokens, the first that is genuine and has not expired decides. Default: the cookie. */
  carriers?: CarrierConfig[];
  stores?: StoresConfig;
  /**
   * Your own proxies in front of Cloudflare: IP addresses and CIDR blocks. Of a request that comes from such a proxy, Moor reads the
   * client's address in `X-Forwarded-For`, from the right. Default: none; `CF-Connecting-IP` is the client's address.
   */
  trustedProxies?: string[];
  /** Lets scripts of other origins read Moor's own errors, and use `/.moor/logout`. Default: they cannot. */
  cors?: CorsConfig;
  logout?: LogoutConfig;
  /** The OpenID Connect provider at which visitors log in before a request reaches your servers. Default: Moor asks nobody to log in. */
  login?: LoginConfig;
  /** Several logins in place of `login`, each at hosts of its own. Default: there is `login`, or no login. */
  logins?: NamedLoginConfig[];
  /** The login that requests need whose route says nothing else. Default `"none"`; anything else needs a login. */
  require?: RequireConfig;
  /** Indexes the sessions of each principal, so that they can be listed, ended together, and limited in number. Default: no index. */
  principals?: PrincipalsConfig;
  /** Old applications whose living sessions are adopted, so that no visitor is logged out by the move. Default: none. */
  adopt?: AdoptConfig[];
  /** Switches the admin API on. Default: off. */
  admin?: AdminConfig;
  handoff?: {
    /** Attributes travel in the handoff up to this many bytes of JSON. Default 2,048; 0 to 16,384. */
    dataBytes?: number;
    /**
     * How long a handoff is valid, counted from when it is sent. A signed handoff is reused for half of that time and at most 30 seconds, and
     * is valid for that much longer. Default 60; 10 to 3,600.
     */
    lifeSeconds?: number;
  };
  /** HTML in place of Moor's own page when no origin answers (502, 503 and 504); at most 65,536 characters. */
  errorPage?: string;
  /**
   * `true`: `Server-Timing` in every response, and `Moor-Explain` in every request to an origin, tell how it was decided. Default `false`.
   */
  explain?: boolean;
  log?: LogConfig;
  /** What Moor adds to traces, if `wrangler.toml` has `[observability.traces]`. Default: nothing. */
  traces?: TracesConfig;
  /**
   * The authority of a session calls this function with each event of the session after the event has been stored, at most once for each.
   * An error that it throws is logged. JSON holds no functions, so the function is always that of the bundled configuration.
   */
  events?: SessionEvents;
}

/**
 * Why a session ended. `"ended"`: an origin or the visitor asked for it. `"revoked"`: an operator or the index did. `"idle"`,
 * `"absolute"`: a deadline passed. `"principal-changed"`: another principal logged in.
 */
export type EndReason = "ended" | "idle" | "absolute" | "principal-changed" | "revoked";

/** An event of a session. It holds none of the session's values. */
export interface SessionEvent {
  readonly kind: "created" | "renewed" | "rotated" | "rotates-often" | "principal-changed" | "ended";
  /** The first 8 characters of the session's id. */
  readonly session: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Why it ended. */
  readonly reason?: EndReason;
}

/** Takes session events. */
export type SessionEvents = (event: SessionEvent) => void | Promise<void>;

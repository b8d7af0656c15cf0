import type { PoolConfig } from "./pool-types.ts";

/**
 * A failure after which a request is sent again, in Envoy's words.
 *
 * - `"connect-failure"`: nothing was sent (Cloudflare's 521, 522, 523, 525, 526, 530); every method, a body that streams excepted.
 * - `"reset"`: the connection was lost. This and what follows goes for idempotent methods and requests with an `Idempotency-Key`.
 * - `"timeout"`: no response headers came within `attemptDeadlineMs`. Without it only if the origin answers nothing else either.
 * - `"gateway-error"`: the origin answered 502, 503 or 504. `"503"`: that status alone.
 * - `"non-idempotent"`: those go for every method. nginx's word.
 */
export type RetryCondition = "connect-failure" | "reset" | "timeout" | "gateway-error" | "503" | "non-idempotent";

/** Which requests go to which pool. The first route that matches is taken. */
export interface RouteConfig {
  /** `shop.example.com`, `*.example.com` (one or more labels) or left out: any host. Ports are not compared. */
  host?: string;
  /** `/exact`, `/prefix/*` (matches `/prefix` too) or `/*`. Compared with the normalised path. */
  path: string;
  /** As in `["GET", "HEAD"]`. Default: any. */
  methods?: string[];
  /** The client's headers: each must be there, with exactly this value if one is given. Default: none. */
  headers?: { name: string; value?: string | undefined }[];
  /**
   * Id of a pool; or several, each with its share of the sessions (0 to 1,000,000, not all 0): a session stays on its side, and a
   * change of the weights moves only the share that it changes.
   */
  pool: string | { id: string; weight: number }[];
  /** As the pool's, for requests of this route. Default: the pool's. */
  attemptDeadlineMs?: number;
  /**
   * `false`: requests of this route (assets, probes) get no session and no handoff, and may be cached. They keep
   * their affinity. An object: a session on this route, which ends when it is used here after these timeouts; at most those
   * of `session`. Default `true`.
   */
  session?: boolean | RouteSessionConfig;
  /** `false`: requests of this route (polling) do not renew the idle deadline, and are shown no flash. Default `true`. */
  touch?: boolean;
  /** `"strict"`: the authority is asked on every request. Default `"bounded"`: a recent copy may answer. */
  freshness?: "bounded" | "strict";
  /** After which failures a request is sent again. Default `["connect-failure", "reset"]`; an empty list: after none. */
  retryOn?: RetryCondition[];
  /**
   * How many origins may take a request that is sent again; one to which nothing was sent has not taken it. Default 2; 1 to 3. With more
   * than 1 one more is asked where those answer nothing else either, if they had failed others before.
   */
  retryOrigins?: number;
  /**
   * After how many milliseconds without an answer's headers a GET or HEAD is sent to the next origin as well: the first answer counts, the
   * other request is aborted. Each takes a retry of the pool's budget. Only with `session: false`, as two answers must be
   * worth the same, and neither where sessions are learned nor with `strictAffinity`. Default: never; 1 to the attempt's deadline.
   */
  hedgeAfterMs?: number;
  /**
   * How long a WebSocket of a session may live, in seconds; then both sides are closed with 1008. Its messages pass through the Worker, which
   * costs CPU for each, and there is no back-pressure. Not with `session: false`. Default: as long as both sides want; 1 to 604,800.
   */
  maxSocketSeconds?: number;
  /** As the pool's, for requests of this route. Default: the pool's. */
  strictAffinity?: boolean;
  /**
   * What a visitor is shown when stores are down and all that is left may be older than what he has seen. `"serve"`
   * (default): that, marked as stale in the handoff. `"refuse"`: 503.
   */
  onStale?: "serve" | "refuse";
  /**
   * Which requests of one session wait for one another, from before they are shown it until their change is made: none
   * (default), those whose method is not GET, HEAD or OPTIONS, or all. For applications that read, think and write.
   */
  locking?: "none" | "writes" | "all";
  /** As the site's `explain`, for requests of this route. Default: the site's. */
  explain?: boolean;
  /** How long a request waits for those before it, in milliseconds. Default 5,000; 0 to 30,000. */
  lockWaitMs?: number;
  /** What becomes of one that has waited so long. `"refuse"` (default): 503. `"proceed"`: it goes on without a lock. */
  onLockTimeout?: "refuse" | "proceed";
  /**
   * What a POST, PUT or the like of another site's page may do that comes without the visitor's token, as `SameSite` keeps the cookie
   * back. `"refuse"` (default): it founds no session, and is answered with 403 if it would. `"repost"`: a form that is posted
   * is answered by a page that posts the same fields again from this site, with the token; for logins by `form_post` that check
   * a `state`. `"allow"`: it may found a session, which replaces the visitor's own.
   */
  crossSite?: "refuse" | "repost" | "allow";
}

/** A cookie, the carrier of browsers: `HttpOnly`, and `Secure` on https. */
export interface CookieCarrierConfig {
  type: "cookie";
  /** Name without prefix; the proof's and the mark's begin with it. Default `"moor"`. */
  name?: string;
  /**
   * Guards the name on https (RFC 6265bis section 4.1.3). `"__Host-"` (default): no other host can set it. `"__Secure-"`: any
   * subdomain can; needed for `domain` and `path`.
   */
  prefix?: "__Host-" | "__Secure-";
  /** Shares the session with all hosts below this one. Default: the host alone. */
  domain?: string;
  /** Default `"/"`. */
  path?: string;
  /** Default `"lax"`. `"none"`: other sites' pages bring it; on plain http it is `"lax"`. */
  sameSite?: "lax" | "strict" | "none";
  /** A jar per embedding site (CHIPS); with `sameSite: "none"`. Default `false`. */
  partitioned?: boolean;
}

/** A header, the carrier of API and mobile clients. */
export interface HeaderCarrierConfig {
  type: "header";
  /**
   * Default `"Authorization"`: requests bring `Authorization: Bearer TOKEN`, responses give `Moor-Token`. Any other name, as
   * in `"X-Auth-Token"`, is used in both directions.
   */
  name?: string;
}

/** The URL, for browsers without cookies: links, forms and redirects of pages carry the token. */
export interface UrlCarrierConfig {
  type: "url";
  /** Of the query parameter. Default `"moor"`. */
  name?: string;
}

/** How the token travels. */
export type CarrierConfig = CookieCarrierConfig | HeaderCarrierConfig | UrlCarrierConfig;

/** Timeouts of a route that is stricter than the site. */
export interface RouteSessionConfig {
  /** Default: that of `session`, which is also the most. At least 60. */
  idleSeconds?: number;
  /** Default: that of `session`, which is also the most. At least 60. */
  absoluteSeconds?: number;
}

/**
 * Requests that need no session (assets, probes): none is looked up, handed over or renewed. They keep their affinity. A
 * request is ignored if everything that is named here fits; of each list, one.
 */
export interface IgnoreConfig {
  /** As in a route. */
  path?: string;
  /** What the path ends with after its last dot, without it: `["css", "js"]`. */
  extensions?: string[];
  methods?: string[];
  /** `Sec-Fetch-Dest`: `["image", "script", "style"]`. */
  destinations?: string[];
  /** The media type that `Accept` names first: `["image/*"]`. */
  accept?: string[];
  /** `Content-Type` of the request's body, without parameters: `["application/csp-report"]`. */
  contentTypes?: string[];
}

/** Where sessions are kept beside their Durable Object. */
export interface StoresConfig {
  /**
   * Which sessions have replicas in KV. `"travel"` (default): those that are used outside the region they were born in;
   * `"always"`; `"off"`.
   */
  replicate?: "travel" | "always" | "off";
  /**
   * When a change is backed up in Redis. `"async"` (default): after the response; `"sync"`: before a new version is let out;
   * `"off"`: never, and then Redis takes changes while a Durable Object is out of reach, but shows only those. The end of a
   * session is backed up before its response in any case.
   */
  backup?: "async" | "sync" | "off";
  /** Refuses, with 503, what could not be backed up, instead of going on without. Needs `backup: "sync"`. Default `false`. */
  strictBackup?: boolean;
}

/** Deadlines and limits of a session. */
export interface SessionConfig {
  /** A session ends after this long without a request. Default 43,200 (12 h); 60 to 31,536,000. */
  idleSeconds?: number;
  /** A session ends this long after its birth, whatever happens. Default 604,800 (7 d); `idleSeconds` to 31,536,000. */
  absoluteSeconds?: number;
  /** The idle timeout until a token has come back once. Default 1,800; 1 to `idleSeconds`. */
  firstIdleSeconds?: number;
  /** How long the token of a session that exists nowhere yet may found it. Default 12; 1 to 168, within the absolute timeout. */
  newSessionHours?: number;
  /**
   * How long the generation before a rotation is still served: after the rotation, or, if nobody can have logged in to it, after the first
   * use of the new one. Default 30; 0 to 300.
   */
  graceSeconds?: number;
  /** Limit of the attributes as UTF-8 JSON, in bytes. Default 65,536; 1,024 to 1,048,576. */
  maxAttributeBytes?: number;
  /** The timeouts of who asked at his login to be remembered (`Moor-Remember: 1`). Without it nobody is. */
  remember?: RememberConfig;
}

/** A longer policy that is chosen at a login. */
export interface RememberConfig {
  /** Default 2,592,000 (30 d); from the session's `idleSeconds` to 31,536,000. */
  idleSeconds?: number;
  /** It counts from the login. Default 7,776,000 (90 d); from `idleSeconds` to 31,536,000. */
  absoluteSeconds?: number;
}

/** The index of each principal's sessions, and how many there may be. */
export interface PrincipalsConfig {
  limit?: {
    /** How many sessions a principal may have at once. Default 10,000; 1 to 10,000, at most 100 with `"refuse"`. */
    sessions?: number;
    /**
     * What becomes of a login above that. `"end-oldest"` (default): the session that logged in first is ended. `"refuse"`:
     * the login is refused with 403.
     */
    onTooMany?: "refuse" | "end-oldest";
  };
}

/** The admin API, under `/.moor/admin/`. It needs the secret `MOOR_ADMIN_TOKEN`, `access`, or both. */
export interface AdminConfig {
  /** The only host that has it, as in `admin.example.com`. Default: every host. */
  host?: string;
  /** Whether admins may see the attributes of sessions. Default `false`. */
  attributes?: boolean;
  /** Takes those whom Cloudflare Access has let in. */
  access?: {
    /** `https://TEAM.cloudflareaccess.com`. */
    team: string;
    /** The application's audience tag (`aud`). */
    aud: string;
  };
}

/** What is logged of requests, a line of JSON each. */
export interface LogConfig {
  /**
   * Which requests leave a line. `"failed"` (default): those that Moor refused or nobody answered, and whose status is 500 or
   * above; `"all"`; `"off"`; a share above 0 and at most 1: so many of all, chosen at random, and every failed one.
   */
  requests?: "failed" | "all" | "off" | number;
  /** Whether a line has the path, which may name people or hold secrets; never the query. Default `false`: the route alone. */
  path?: boolean;
}

/** What a user edits: pools, routes, session policy. */
export interface MoorConfig {
  /** At least one; ids are unique. */
  pools: PoolConfig[];
  /** Default: one route, every host and path to the first pool. */
  routes?: RouteConfig[];
  session?: SessionConfig;
  /** Requests that need no session. Default: none but those of routes that say so. */
  ignore?: IgnoreConfig[];
  /** In order: of several tokens that a request brings, the first that is genuine and has not expired decides. Default: the cookie. */
  carriers?: CarrierConfig[];
  stores?: StoresConfig;
  /** Has the sessions of each principal indexed: listed, ended together, limited in number. Default: they are not. */
  principals?: PrincipalsConfig;
  /** Switches the admin API on. Default: there is none. */
  admin?: AdminConfig;
  handoff?: {
    /** Attributes travel in the handoff up to this many bytes of JSON. Default 2,048; 0 to 16,384. */
    dataBytes?: number;
  };
  /** HTML in place of Moor's own page when no origin answers: of status 502, 503 and 504; at most 65,536 characters. */
  errorPage?: string;
  /** `true`: every response says in `Server-Timing`, every request to an origin in `Moor-Explain`, how it was decided. Default `false`. */
  explain?: boolean;
  log?: LogConfig;
  /**
   * Called by the session's Durable Object with what has happened to it, after it has been stored; at most once for each.
   * What it throws is logged. JSON holds no functions, so it is always that of the bundled configuration.
   */
  events?: SessionEvents;
}

/** Why a session ended: an origin, the visitor or an admin asked for it; a deadline passed; somebody else logged in. */
export type EndReason = "ended" | "idle" | "absolute" | "principal-changed" | "revoked";

/** What has happened to a session. It holds none of its values. */
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

/** One server. */
export interface OriginConfig {
  /** Stable name, `[a-z0-9._-]{1,64}`. Affinity hashes it: keep it when the server's address changes. */
  id: string;
  /** `http://` or `https://`, with an optional base path; no query, fragment or credentials. */
  url: string;
  /** Share of the sessions relative to the other origins of the pool. Default 1; above 0, at most 1,000,000. */
  weight?: number;
}

/** What is hashed to choose an origin. A pool's list is tried in order; the first that is present decides. */
export type HashPolicy =
  | { type: "session-id" }
  | { type: "header"; name: string }
  | { type: "cookie"; name: string }
  | { type: "query"; name: string }
  | { type: "client-ip" };

/** A change of the session that a pool's origins may ask for. `"principal"` covers login and rotation. */
export type Permission = "patch" | "principal" | "end";

/** Servers that serve the same. */
export interface PoolConfig {
  /** `[a-z0-9._-]{1,64}`; the audience (`aud`) of the handoff. */
  id: string;
  /** At least one; ids are unique within the pool. */
  origins: OriginConfig[];
  /** Default `[{ type: "session-id" }]`. */
  hashPolicy?: HashPolicy[];
  /**
   * How long one attempt may take until the origin's response headers are there, in milliseconds.
   * Default 30,000; 10 to 600,000.
   */
  attemptDeadlineMs?: number;
  /**
   * What the pool's origins see of the attributes (`true`: all; a list: these) and which changes they may ask for.
   * Default: everything if this is the only pool; otherwise `{ see: true, may: ["patch"] }`.
   */
  session?: { see?: true | string[]; may?: Permission[] };
}

/** Which requests go to which pool. The first route that matches is taken. */
export interface RouteConfig {
  /** `shop.example.com`, `*.example.com` (one or more labels) or left out: any host. Ports are not compared. */
  host?: string;
  /** `/exact`, `/prefix/*` (matches `/prefix` too) or `/*`. Compared with the normalised path. */
  path: string;
  /** Id of a pool. */
  pool: string;
  /**
   * `false`: requests of this route (assets, probes) get no session and no handoff, and may be cached. They keep
   * their affinity. Default `true`.
   */
  session?: boolean;
  /** `"strict"`: the authority is asked on every request. Default `"bounded"`: a recent copy may answer. */
  freshness?: "bounded" | "strict";
  /**
   * Which requests may be sent again when no response came. `"safe"` (default): idempotent methods and those with an
   * `Idempotency-Key`. `"any"`: every method.
   */
  retry?: "safe" | "any";
  /**
   * What a visitor is shown when stores are down and all that is left may be older than what he has seen. `"serve"`
   * (default): that, marked as stale in the handoff. `"refuse"`: 503.
   */
  onStale?: "serve" | "refuse";
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
  /** How long the token of a session that exists nowhere yet may found it. Default 24; 1 to 168, within the absolute timeout. */
  newSessionHours?: number;
  /** How long the generation before a rotation is still served once the new one has been used. Default 30; 0 to 300. */
  graceSeconds?: number;
  /** Limit of the attributes as UTF-8 JSON, in bytes. Default 65,536; 1,024 to 1,048,576. */
  maxAttributeBytes?: number;
}

/** What a user edits: pools, routes, session policy. */
export interface MoorConfig {
  /** At least one; ids are unique. */
  pools: PoolConfig[];
  /** Default: one route, every host and path to the first pool. */
  routes?: RouteConfig[];
  session?: SessionConfig;
  stores?: StoresConfig;
  handoff?: {
    /** Attributes travel in the handoff up to this many bytes of JSON. Default 2,048; 0 to 16,384. */
    dataBytes?: number;
  };
  /** `true`: every response says in `Server-Timing`, every request to an origin in `Moor-Explain`, how it was decided. Default `false`. */
  explain?: boolean;
}

/** A configuration after validation: every default filled in, every permission spelled out. */
export interface ResolvedConfig {
  readonly pools: readonly ResolvedPool[];
  readonly routes: readonly ResolvedRoute[];
  readonly session: Readonly<Required<SessionConfig>>;
  readonly stores: Readonly<Required<StoresConfig>>;
  readonly handoff: { readonly dataBytes: number };
  readonly explain: boolean;
}

export interface ResolvedPool {
  readonly id: string;
  readonly origins: readonly Readonly<Required<OriginConfig>>[];
  readonly hashPolicy: readonly HashPolicy[];
  readonly attemptDeadlineMs: number;
  readonly session: { readonly see: true | readonly string[]; readonly may: readonly Permission[] };
}

export interface ResolvedRoute {
  readonly host: string | undefined;
  readonly path: string;
  readonly pool: string;
  readonly session: boolean;
  readonly freshness: "bounded" | "strict";
  readonly retry: "safe" | "any";
  readonly onStale: "serve" | "refuse";
}

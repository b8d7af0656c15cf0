import type { ResolvedCarrier } from "../carriers/registry.ts";
import type { AdminConfig } from "./admin-types.ts";
import type { ResolvedAdoption } from "./adopt.ts";
import type { HealthCheckConfig, OutlierDetectionConfig, SuccessRateConfig } from "./health-types.ts";
import type { LoginConfig, RequireConfig, RoleConfig } from "./login-types.ts";
import type { OriginHeader } from "./origin-headers.ts";
import type {
  AffinityConfig,
  ClosingStatus,
  FormerBalancerConfig,
  ForwardedHeaders,
  HashPolicy,
  LearnConfig,
  Permission,
  RetryBudgetConfig,
} from "./pool-types.ts";
import type { Region } from "./regions.ts";
import type { CorsConfig, LogConfig, SiteData, TracesConfig } from "./site-types.ts";
import type {
  AuthorityConfig,
  IgnoreConfig,
  PrincipalsConfig,
  RememberConfig,
  RetryCondition,
  RouteSessionConfig,
  SessionConfig,
  StoresConfig,
} from "./types.ts";

/** The session policy with its defaults. */
export type ResolvedSession = Readonly<Required<Omit<SessionConfig, "remember" | "bindTo">>> & {
  readonly bindTo?: "host";
  readonly remember?: Readonly<Required<RememberConfig>>;
};

/** A configuration after validation, with every default filled in and every permission spelled out. */
export interface ResolvedConfig {
  readonly pools: readonly ResolvedPool[];
  readonly routes: readonly ResolvedRoute[];
  readonly session: ResolvedSession;
  readonly ignore: readonly IgnoreConfig[];
  readonly carriers: readonly ResolvedCarrier[];
  readonly stores: Readonly<Required<Omit<StoresConfig, "authority">>> & {
    readonly authority: Readonly<AuthorityConfig>;
  };
  readonly trustedProxies: readonly string[];
  /** `undefined`: scripts of other origins read nothing. */
  readonly cors: ResolvedCors | undefined;
  readonly logout: { readonly clearSiteData: readonly SiteData[] };
  /** `undefined`: sessions are not indexed by principal. */
  readonly principals: { readonly limit: Readonly<Required<NonNullable<PrincipalsConfig["limit"]>>> } | undefined;
  /** The old applications whose sessions are adopted. */
  readonly adopt: readonly ResolvedAdoption[];
  /** `undefined`: there is no admin API. */
  readonly admin:
    | {
        readonly host: string | undefined;
        readonly console: boolean;
        readonly attributes: boolean;
        readonly webhook: Readonly<NonNullable<AdminConfig["webhook"]>> | undefined;
        readonly access: Readonly<NonNullable<AdminConfig["access"]>> | undefined;
        readonly roles: Readonly<NonNullable<AdminConfig["roles"]>> | undefined;
      }
    | undefined;
  /** The one login of the site. */
  readonly login?: ResolvedLogin;
  /** Several logins, each with its own hosts. With neither, Moor asks nobody to log in. See `loginsOf`. */
  readonly logins?: readonly ResolvedLogin[];
  /** For paths that no route matches. Absent: there is no login. */
  readonly require?: RequireConfig;
  readonly handoff: { readonly dataBytes: number; readonly lifeSeconds: number };
  readonly errorPage: string | undefined;
  readonly explain: boolean;
  readonly log: Readonly<Required<LogConfig>>;
  /** Absent: Moor adds nothing to traces. */
  readonly traces?: TracesConfig;
}

export type ResolvedLogin = Readonly<Omit<LoginConfig, "scopes" | "claims" | "roles" | "logout" | "backchannel">> & {
  /** Absent: it is the one `login` of the site. */
  readonly id?: string;
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly roles: Readonly<Record<string, RoleConfig>>;
  readonly logout: "provider" | "local";
  readonly backchannel: boolean;
};

export type ResolvedCors = Readonly<Required<CorsConfig>>;

export interface ResolvedOrigin {
  readonly id: string;
  readonly url: string;
  readonly service?: string | undefined;
  readonly weight: number;
  readonly open?: readonly { readonly from?: string | undefined; readonly until?: string | undefined }[] | undefined;
  readonly region?: Region | undefined;
  readonly down: boolean;
  readonly backup: boolean;
  readonly nginxServer?: string | undefined;
  readonly route: string;
}

export type ResolvedOutlierDetection = Readonly<
  Required<Omit<OutlierDetectionConfig, "consecutive5xx" | "successRate">>
> & {
  /** `undefined`: never. */
  readonly consecutive5xx: number | undefined;
  /** `undefined`: success rates are not compared. */
  readonly successRate: Readonly<Required<SuccessRateConfig>> | undefined;
};

export type ResolvedHealthCheck = Readonly<Required<Omit<HealthCheckConfig, "expectedBody" | "expectedStatuses">>> & {
  readonly expectedStatuses: readonly { readonly start: number; readonly end: number }[];
  /** `undefined`: the body is not read. */
  readonly expectedBody: string | undefined;
};

export type ResolvedRetryBudget = Readonly<Required<RetryBudgetConfig>>;

export type ResolvedLearn = Readonly<Pick<Required<LearnConfig>, "cookie" | "ignoreCase">> & {
  /** `undefined`: the application's session is not looked for there. */
  readonly pathParameter?: string | undefined;
  readonly queryParameter?: string | undefined;
};

/** The rights of a pool's origins over sessions. */
export interface PoolRights {
  readonly see: true | readonly string[];
  readonly may: readonly Permission[];
  readonly write: true | readonly string[];
}

export interface ResolvedPool {
  readonly id: string;
  readonly origins: readonly ResolvedOrigin[];
  readonly host: "origin" | "client";
  readonly zone: string | undefined;
  readonly rewrite: boolean;
  readonly forwardedHeaders: ForwardedHeaders;
  readonly cacheBetween: boolean;
  /** `undefined`: origins may send any header of Moor. */
  readonly announcedHeaders: readonly OriginHeader[] | undefined;
  readonly hashPolicy: readonly HashPolicy[];
  readonly affinity: Readonly<AffinityConfig>;
  readonly learn: ResolvedLearn | undefined;
  readonly formerBalancer: Readonly<FormerBalancerConfig> | undefined;
  readonly attemptDeadlineMs: number;
  readonly outlierDetection: ResolvedOutlierDetection;
  /** `undefined`: its origins are not probed. */
  readonly healthCheck: ResolvedHealthCheck | undefined;
  readonly panicThresholdPercent: number;
  readonly slowStartSeconds: number;
  readonly retryBudget: ResolvedRetryBudget;
  readonly strictAffinity: boolean;
  readonly failback: "pin" | "immediate";
  readonly closeOn: readonly ClosingStatus[];
  readonly session: PoolRights;
}

export interface ResolvedRoute {
  readonly host: string | undefined;
  readonly path: string;
  readonly methods: readonly string[] | undefined;
  readonly headers: readonly { readonly name: string; readonly value?: string | undefined }[];
  readonly pool: readonly { readonly id: string; readonly weight: number }[];
  readonly attemptDeadlineMs: number | undefined;
  readonly session: boolean | Readonly<RouteSessionConfig>;
  readonly touch: boolean;
  readonly freshness: "bounded" | "strict";
  readonly retryOn: readonly RetryCondition[];
  readonly retryOrigins: number;
  /** `undefined`: never. */
  readonly hedgeAfterMs: number | undefined;
  /** `undefined`: a WebSocket may live as long as both sides want. */
  readonly maxSocketSeconds: number | undefined;
  readonly strictAffinity: boolean | undefined;
  readonly onStale: "serve" | "refuse";
  readonly locking: "none" | "writes" | "all";
  readonly lockWaitMs: number;
  readonly onLockTimeout: "refuse" | "proceed";
  readonly crossSite: "refuse" | "repost" | "allow";
  readonly cors: ResolvedCors | undefined;
  readonly explain: boolean;
  /** Absent: there is no `login`. */
  readonly require?: RequireConfig;
}

/**
 * Whether a configuration uses the parts that exist for operators: the admin API and its counters, live changes of pools, and
 * probes.
 */
export function usesOperators({ admin, pools }: Pick<ResolvedConfig, "admin" | "pools">): boolean {
  return admin !== undefined || pools.some(({ healthCheck }) => healthCheck !== undefined);
}

import { array, boolean, custom, type InferOutput, lazy, literal, optional, picklist, unknown } from "valibot";
import { BALANCERS, type BalancerType } from "../balancers/registry.ts";
import { CARRIER_FORMS } from "../carriers/registry.ts";
import {
  addressParameter,
  attemptDeadline,
  bindingName,
  corsOrigin,
  headerValue,
  healthCheckRules,
  hedgeAfter,
  hostName,
  hostPattern,
  id,
  ignoreRules,
  isRecord,
  loggedRequests,
  maxSocket,
  method,
  network,
  nonEmpty,
  originUrl,
  outlierRules,
  page,
  pathPattern,
  probeBody,
  probePath,
  type Rule,
  retryBudgetRules,
  routeName,
  sessionLimit,
  sessionRules,
  share,
  slowStart,
  statusRules,
  successRateRules,
  time,
  timeoutRules,
  token,
  weight,
  wholeNumber,
} from "../settings/grammar.ts";
import { list, numbers, oneByItsOwn, oneOf, schemasOf, shape, value, yesOrNo } from "../settings/shapes.ts";
import { admin } from "./admin-schema.ts";
import { adopt } from "./adopt.ts";
import { affinities, policies } from "./affinity-schema.ts";
import { authoritySchemas } from "./authority-schema.ts";
import { ofRoute, ofSite } from "./login-schema.ts";
import { ORIGIN_HEADERS } from "./origin-headers.ts";
import { REGIONS } from "./regions.ts";
import type { SessionEvents } from "./types.ts";

/** A configuration of the right shape, before its defaults are filled in. */
export type CheckedConfig = InferOutput<typeof configSchema>;

const origin = shape({
  id: value(id),
  url: value(originUrl),
  service: optional(value(bindingName)),
  weight: optional(value(weight)),
  open: optional(
    array(shape({ from: optional(value(time)), until: optional(value(time)) }), "a list of intervals, { from, until }"),
  ),
  region: optional(oneOf(REGIONS)),
  down: optional(yesOrNo),
  backup: optional(yesOrNo),
  nginxServer: optional(value(nonEmpty)),
  route: optional(value(routeName)),
});

const attemptDeadlineMs = optional(value(attemptDeadline));

const statuses = shape({ start: value(statusRules.start), end: value(statusRules.end) });
const healthCheck = shape({
  path: value(probePath),
  expectedStatuses: optional(list(statuses, "a list of at least one range, { start, end }")),
  expectedBody: optional(value(probeBody)),
  ...numbers(healthCheckRules),
});

const attributes = lazy((input) =>
  Array.isArray(input)
    ? array(custom<string>((name) => typeof name === "string", "the name of an attribute"))
    : literal(true, "true, or a list of names of attributes"),
);

const balancerOf = () => shape({ type: oneOf(Object.keys(BALANCERS) as BalancerType[]), cookie: value(token) });
/** A build without other balancers' cookies refuses any when it starts, so it needs no schema of them. */
const formerBalancer =
  typeof MOOR_FORMER_BALANCER === "undefined" || MOOR_FORMER_BALANCER
    ? balancerOf()
    : (unknown() as unknown as ReturnType<typeof balancerOf>);

const pool = shape({
  id: value(id),
  origins: list(origin, "a list of at least one origin"),
  host: optional(oneOf(["origin", "client"])),
  zone: optional(value(hostName)),
  rewrite: optional(yesOrNo),
  forwardedHeaders: optional(oneOf(["all", "rfc7239"])),
  cacheBetween: optional(yesOrNo),
  announcedHeaders: optional(array(oneOf(ORIGIN_HEADERS), "a list of headers of Moor, empty if origins send none")),
  hashPolicy: optional(list(oneByItsOwn("type", policies), "a list of at least one hash policy")),
  affinity: optional(oneByItsOwn("algorithm", affinities)),
  learn: optional(
    shape({
      cookie: value(token),
      pathParameter: optional(value(addressParameter)),
      queryParameter: optional(value(addressParameter)),
      ignoreCase: optional(yesOrNo),
    }),
  ),
  formerBalancer: optional(formerBalancer),
  attemptDeadlineMs,
  outlierDetection: optional(
    shape({ ...numbers(outlierRules), successRate: optional(shape(numbers(successRateRules))) }),
  ),
  healthCheck: optional(healthCheck),
  panicThresholdPercent: optional(value(wholeNumber(0, 100))),
  slowStartSeconds: optional(value(slowStart)),
  retryBudget: optional(shape(numbers(retryBudgetRules))),
  strictAffinity: optional(yesOrNo),
  failback: optional(oneOf(["pin", "immediate"])),
  closeOn: optional(array(picklist([503, 429], "one of 503, 429"), "a list of 503, 429")),
  session: optional(
    shape({
      see: optional(attributes),
      may: optional(array(oneOf(["patch", "principal", "end"]), "a list of patch, principal, end")),
      write: optional(attributes),
    }),
  ),
});

const split = list(shape({ id: value(id), weight: value(share) }), "the id of a pool, or a list of { id, weight }");
const poolId: Rule<string> = { ...id, accepted: "the id of a pool, or a list of { id, weight }" };

/** How Moor handles the sessions of some requests. */
export const handling = {
  touch: optional(yesOrNo),
  freshness: optional(oneOf(["bounded", "strict"])),
  onStale: optional(oneOf(["serve", "refuse"])),
  locking: optional(oneOf(["none", "writes", "all"])),
  lockWaitMs: optional(value(wholeNumber(0, 30_000))),
  onLockTimeout: optional(oneOf(["refuse", "proceed"])),
  crossSite: optional(oneOf(["refuse", "repost", "allow"])),
};

const RETRY_CONDITIONS = ["connect-failure", "reset", "timeout", "gateway-error", "503", "non-idempotent"] as const;

const cors = optional(
  shape({
    origins: list(value(corsOrigin), `a list of at least one: ${corsOrigin.accepted}`),
    credentials: optional(yesOrNo),
  }),
);

const route = shape({
  host: optional(value(hostPattern)),
  path: value(pathPattern),
  methods: optional(list(value(method), "a list of at least one method")),
  headers: optional(
    array(shape({ name: value(token), value: optional(value(headerValue)) }), "a list of headers, { name, value }"),
  ),
  pool: lazy((input) => (Array.isArray(input) ? split : value(poolId))),
  attemptDeadlineMs,
  session: optional(
    lazy((input) =>
      isRecord(input)
        ? shape({
            idleSeconds: optional(value(sessionRules.idleSeconds)),
            absoluteSeconds: optional(value(sessionRules.absoluteSeconds)),
          })
        : boolean("true, false, or an object of idleSeconds, absoluteSeconds"),
    ),
  ),
  retryOn: optional(array(oneOf(RETRY_CONDITIONS), `a list of ${RETRY_CONDITIONS.join(", ")}`)),
  retryOrigins: optional(value(wholeNumber(1, 3))),
  retry: optional(
    custom<never>(() => false, `none: it is retryOn now; "any" is ["connect-failure", "reset", "non-idempotent"]`),
  ),
  hedgeAfterMs: optional(value(hedgeAfter)),
  maxSocketSeconds: optional(value(maxSocket)),
  strictAffinity: optional(yesOrNo),
  ...handling,
  explain: optional(yesOrNo),
  cors,
  ...((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN ? ofRoute : {}) as typeof ofRoute),
});

const carrier = oneByItsOwn("type", schemasOf(CARRIER_FORMS));

const stores = shape({
  authority: optional(oneByItsOwn("type", authoritySchemas)),
  replicate: optional(oneOf(["travel", "always", "off"])),
  backup: optional(oneOf(["async", "sync", "off"])),
  strictBackup: optional(yesOrNo),
  fallback: optional(oneOf(["redis", "redis-tcp"])),
});

const principals = shape({
  limit: optional(
    shape({
      sessions: optional(value(sessionLimit)),
      onTooMany: optional(oneOf(["refuse", "end-oldest"])),
    }),
  ),
});

const session = shape({
  ...numbers(sessionRules),
  bindTo: optional(oneOf(["host"])),
  remember: optional(shape(numbers(timeoutRules))),
});

const someOf = (rule: Rule<string>) => optional(list(value(rule), `a list of at least one: ${rule.accepted}`));
const ignored = shape({
  path: optional(value(pathPattern)),
  extensions: someOf(ignoreRules.extensions),
  methods: someOf(ignoreRules.methods),
  destinations: someOf(ignoreRules.destinations),
  accept: someOf(ignoreRules.mediaTypes),
  contentTypes: someOf(ignoreRules.mediaTypes),
});

/** The fields that the Worker in front of origins and the middleware share. */
export const shared = {
  session: optional(session),
  ignore: optional(array(ignored, "a list of patterns")),
  carriers: optional(list(carrier, "a list of at least one carrier; left out: the cookie")),
  stores: optional(stores),
  principals: optional(principals),
  trustedProxies: optional(array(value(network), `a list of: ${network.accepted}`)),
  cors,
  logout: optional(
    shape({
      clearSiteData: optional(array(oneOf(["cache", "cookies", "storage"]), "a list of cache, cookies, storage")),
    }),
  ),
};
export const errorPage = optional(value(page));

const clientFieldsOf = () => ({
  address: optional(oneOf(["none", "network", "whole"])),
  country: optional(yesOrNo),
  userAgent: optional(yesOrNo),
  trace: optional(yesOrNo),
});
const anything = optional(unknown());
/** A build without these fields refuses any that is asked for, and takes a configuration that says the defaults. */
const clientFields =
  typeof MOOR_CLIENT_FIELDS === "undefined" || MOOR_CLIENT_FIELDS
    ? clientFieldsOf()
    : ({ address: anything, country: anything, userAgent: anything, trace: anything } as unknown as ReturnType<
        typeof clientFieldsOf
      >);

const tracing = () => ({ traces: optional(oneOf(["on", "ignore-client"])) });

/** The shape of a configuration, each value by itself. `checks/` holds the rules between values. */
export const configSchema = shape({
  pools: list(pool, "a list of at least one pool"),
  routes: optional(list(route, "a list of at least one route; left out: one route to the first pool")),
  ...shared,
  adopt,
  admin: optional(admin),
  handoff: optional(shape(numbers({ dataBytes: wholeNumber(0, 16_384), lifeSeconds: wholeNumber(10, 3_600) }))),
  errorPage,
  ...((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN ? ofSite : {}) as typeof ofSite),
  explain: optional(yesOrNo),
  log: optional(
    shape({
      requests: optional(value(loggedRequests)),
      path: optional(yesOrNo),
      ...clientFields,
    }),
  ),
  ...((typeof MOOR_TRACES === "undefined" || MOOR_TRACES ? tracing() : {}) as ReturnType<typeof tracing>),
  events: optional(custom<SessionEvents>((input) => typeof input === "function", "a function")),
});

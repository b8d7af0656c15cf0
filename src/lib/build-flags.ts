declare global {
  /** `false`: the build is without Redis as the fallback. */
  const MOOR_REDIS: boolean | undefined;
  /** `false`: the build is without Redis by a socket as the fallback. */
  const MOOR_REDIS_TCP: boolean | undefined;
  /** `false`: the build is without the admin API, the counters, live changes of pools, and probes. */
  const MOOR_OPERATORS: boolean | undefined;
  /** `false`: the build is without authorities other than Durable Objects. */
  const MOOR_ROWS: boolean | undefined;
  /** `false`: the build is without sessions in cookies. */
  const MOOR_COOKIE_SESSIONS: boolean | undefined;
  /** `false`: the build is without the adoption of old applications' sessions. */
  const MOOR_ADOPTION: boolean | undefined;
  /** `false`: the build reads no old session by itself. */
  const MOOR_READERS: boolean | undefined;
  /** `false`: the build reads no old session in Redis. */
  const MOOR_REDIS_READER: boolean | undefined;
  /** `false`: the build reads no old session in Postgres. */
  const MOOR_POSTGRES_READER: boolean | undefined;
  /** `false`: the build is without the algorithms of nginx. */
  const MOOR_NGINX: boolean | undefined;
  /** `false`: the build is without logins at an OpenID Connect provider. */
  const MOOR_LOGIN: boolean | undefined;
  /** `false`: the build has one login at most. */
  const MOOR_LOGINS: boolean | undefined;
  /** `false`: the build is without logouts that the provider asks for. */
  const MOOR_BACKCHANNEL: boolean | undefined;
  /** `false`: the build is without the renewal of logins by refresh tokens. */
  const MOOR_REFRESH: boolean | undefined;
  /** `false`: the build is without the operators' console. */
  const MOOR_CONSOLE: boolean | undefined;
  /** `false`: the build is without the fields of the log that tell of a request's client. */
  const MOOR_CLIENT_FIELDS: boolean | undefined;
  /** `false`: the build follows no cookies of other balancers. */
  const MOOR_FORMER_BALANCER: boolean | undefined;
  /** `false`: the build is without the carrier that writes tokens into links. */
  const MOOR_LINKS: boolean | undefined;
  /** `false`: the build adds nothing to traces. */
  const MOOR_TRACES: boolean | undefined;
  /**
   * The fingerprint of the configuration that `moor deploy` has checked: the build takes no other configuration, and is without the checks.
   * Not set: the build checks its configuration itself.
   */
  const MOOR_CHECKED: number | undefined;
}

/**
 * Refuses a feature that the configuration asks for and that this build was made without.
 *
 * The constants above name the parts that a build may leave out. `[define]` of wrangler.toml sets them; a part whose constant is
 * not set is included. Code asks for a part with `typeof MOOR_X === "undefined" || MOOR_X` at the place where the part begins,
 * word for word: only there can a bundler drop the code behind it.
 *
 * @throws TypeError always.
 */
export function leftOut(part: keyof typeof NAMES, asked: string): never {
  lacksPart(part, NAMES[part], asked);
}

/**
 * The same for a part that names itself, as each store of rows does.
 *
 * @throws TypeError always.
 */
export function lacksPart(part: string, name: string, asked: string): never {
  const remedy = `to have it, put ${part} = "true" below [define] in wrangler.toml`;
  throw new TypeError(`${asked}, and this build has no ${name}; ${remedy}.`);
}

/** The parts that a build may leave out, as messages call them. */
export const NAMES = {
  MOOR_REDIS: "Redis",
  MOOR_REDIS_TCP: "fallback on Redis by a socket",
  MOOR_OPERATORS: "admin API, probes and pools at work",
  MOOR_ROWS: "authority other than Durable Objects",
  MOOR_COOKIE_SESSIONS: "authority in cookies",
  MOOR_ADOPTION: "adoption of sessions",
  MOOR_READERS: "reader of old sessions",
  MOOR_REDIS_READER: "reader of old sessions in Redis",
  MOOR_POSTGRES_READER: "reader of old sessions in Postgres",
  MOOR_NGINX: "algorithm of nginx",
  MOOR_LOGIN: "login",
  MOOR_LOGINS: "part for several logins",
  MOOR_BACKCHANNEL: "back-channel logout",
  MOOR_REFRESH: "renewal of logins",
  MOOR_CONSOLE: "console",
  MOOR_CLIENT_FIELDS: "field of the log that tells of the client",
  MOOR_FORMER_BALANCER: "former balancer",
  MOOR_LINKS: "carrier in the URL",
  MOOR_TRACES: "part in traces",
};

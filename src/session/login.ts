import type { RequireConfig, RoleConfig } from "../config/login-types.ts";
import type { ResolvedLogin } from "../config/resolved.ts";
import type { JsonObject } from "./patch.ts";

/** A login at the provider, as the record of a session keeps it. Times are milliseconds since 1970. */
export interface Login {
  /** Of the login of the configuration. Absent: it is the one login of the site. */
  readonly id?: string;
  readonly issuer: string;
  readonly sub: string;
  /** The session at the provider. */
  readonly sid?: string;
  /** When Moor stored the login, by its own clock. */
  readonly at: number;
  /** When the provider last confirmed the login to Moor, by Moor's clock. Absent: at the login. */
  readonly confirmedAt?: number;
  /**
   * The provider has refused to confirm the login. The session lives on, and shows nobody as logged in. Only the authority sees this: see
   * `viewOf`.
   */
  readonly lapsed?: true;
  /** When the visitor proved who they are, by the provider's clock. Absent: the provider did not say. */
  readonly authAt?: number;
  /** When the provider issued the ID token, by its own clock. A logout at the provider is compared with it. */
  readonly issuedAt?: number;
  /** How they proved it, in the provider's words (OpenID Connect Core, section 2). */
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** The claims that the configuration names. */
  readonly claims: JsonObject;
  /** For each claim of a role: its values that roles of the configuration name. */
  readonly roleClaims: Readonly<Record<string, readonly string[]>>;
}

/** What the provider is asked for beside a login. Many providers tell the method and the time of a login only if they are asked. */
export interface More {
  readonly acr?: readonly string[];
  readonly maxAgeSeconds?: number;
}

/**
 * The verdict of a guard. `step-up`: the visitor is logged in, and the provider is asked for more than that. `login_elsewhere`: the page is
 * for visitors of a login that is not that of the host. Only `login` and `step-up` ask the provider for anything.
 */
export interface Verdict extends More {
  readonly kind: "allowed" | "login" | "step-up" | "role_missing" | "login_elsewhere";
}

/** How far the provider's clock may be apart from Moor's, in milliseconds. */
const CLOCKS_APART_MS = 60_000;

/**
 * Judges a login by all that a request requires. The guard and the callback of a login ask this same function, so that no visitor is
 * sent to the provider for something that the provider has just refused.
 *
 * @param login `undefined`: the visitor is not logged in.
 * @param config the login of the host; `undefined`: it has none.
 */
export function judge(
  login: Login | undefined,
  required: readonly RequireConfig[],
  config: Pick<ResolvedLogin, "id" | "issuer" | "maxAgeSeconds" | "roles"> | undefined,
  now: number,
): Verdict {
  if (required.every((each) => each === "none")) return { kind: "allowed" };
  const requirements = required.filter((each) => typeof each === "object");
  const isElsewhere =
    (typeof MOOR_LOGINS === "undefined" || MOOR_LOGINS) &&
    requirements.some((each) => each.login !== undefined && each.login !== config?.id);
  if (!config || isElsewhere) return { kind: "login_elsewhere" };
  const { maxAgeSeconds, roles } = config;
  const isOver = maxAgeSeconds !== undefined && login && now - login.at > maxAgeSeconds * 1000;
  if (!login || !isOf(login, config) || isOver) return { kind: "login", ...moreFor({}, requirements, now) };
  const more = moreFor(login, requirements, now);
  if (more) return { kind: "step-up", ...more };
  const isMissing = requirements.some(({ role }) => role !== undefined && !hasRole(login, roles[role]));
  return { kind: isMissing ? "role_missing" : "allowed" };
}

/** Whether a visitor has logged in by a login of the configuration as it is now. */
export function isOf({ id, issuer }: Login, config: Pick<ResolvedLogin, "id" | "issuer">): boolean {
  return id === config.id && issuer === config.issuer;
}

/**
 * Whether the provider is to be asked again whether a login still holds. A login that the configuration has no more is due: nobody can confirm
 * it.
 */
export function isRenewalDue(
  { id, at, confirmedAt = at }: Login,
  logins: readonly Pick<ResolvedLogin, "id" | "refreshSeconds">[],
  now: number,
): boolean {
  const config = logins.find((each) => each.id === id);
  if (!config) return true;
  const { refreshSeconds } = config;
  return refreshSeconds !== undefined && now - confirmedAt >= refreshSeconds * 1000;
}

/** The names of the roles that a login has. */
export function rolesOf(login: Login, roles: ResolvedLogin["roles"]): string[] {
  return Object.keys(roles).filter((name) => hasRole(login, roles[name]));
}

/** What a login lacks of that which is required. `undefined`: nothing. */
function moreFor(
  { acr, authAt }: Pick<Login, "acr" | "authAt">,
  requirements: readonly Exclude<RequireConfig, string>[],
  now: number,
): More | undefined {
  const unmet = requirements.filter((each) => {
    // A provider that does not say when it saw the login can never meet an age: `now - undefined` would compare as recent.
    const isOld =
      each.maxAgeSeconds !== undefined &&
      (authAt === undefined || now - authAt > each.maxAgeSeconds * 1000 + CLOCKS_APART_MS);
    return isOld || (each.acr !== undefined && !each.acr.includes(acr ?? ""));
  });
  if (unmet.length === 0) return undefined;
  const ages = unmet.flatMap(({ maxAgeSeconds = [] }) => maxAgeSeconds);
  // A method counts if every requirement accepts it.
  const [first, ...others] = unmet.flatMap((each) => (each.acr ? [each.acr] : []));
  const methods = first?.filter((method) => others.every((other) => other.includes(method)));
  return {
    ...(methods && { acr: methods }),
    ...(ages.length > 0 && { maxAgeSeconds: Math.min(...ages) }),
  };
}

function hasRole({ roleClaims }: Login, role: RoleConfig | undefined): boolean {
  return role !== undefined && roleClaims[role.claim]?.some((value) => gives(value, role)) === true;
}

/** Whether a value of a role's claim gives the role. */
export function gives(value: string, role: RoleConfig): boolean {
  return "any" in role ? role.any.includes(value) : value.toLowerCase().endsWith(`@${role.domain}`);
}

/** Tabs of a restored browser log in at the same moment. */
const TWIN_MS = 15_000;

/** Whether a session has just been logged in by the same person. */
export function isTwin(current: Login | undefined, login: Login, now: number): boolean {
  return current !== undefined && isSamePerson(current, login) && now - current.at < TWIN_MS;
}

/** Whether two logins are of the same person. Two providers may give the same `sub` to different persons. */
export function isSamePerson(one: Login | undefined, other: Login): boolean {
  return one?.sub === other.sub && isOf(one, other);
}

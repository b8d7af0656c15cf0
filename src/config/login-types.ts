/** A rule that gives a role to a visitor by a claim of the provider. */
export type RoleConfig =
  /** The claim, a text or a list of texts, has one of these values. */
  | { claim: string; any: string[] }
  /** The claim is an address of this domain. For the claim `email`, the provider must say `email_verified: true`. */
  | { claim: string; domain: string };

/** The OpenID Connect provider at which visitors log in. */
export interface LoginConfig {
  /** As the provider's discovery document names itself, compared exactly. `https://`; `http://` only on this machine. */
  issuer: string;
  /**
   * Of the client that the provider has for this site. Its secret is `MOOR_LOGIN_SECRET`; without it, the client is public. Each login of
   * `logins` has a secret of its own: `MOOR_LOGIN_SECRET_STAFF_EU` is that of the login `staff-eu`.
   */
  clientId: string;
  /** Default `["openid"]`, which is always asked for. */
  scopes?: string[] | undefined;
  /** The claims that origins are told, at most 1,024 bytes of JSON together. Default: no claims. */
  claims?: string[] | undefined;
  /** The roles that `require` may name. Default: no roles. */
  roles?: Record<string, RoleConfig> | undefined;
  /** A login that Moor saw longer ago is asked for again, in seconds. Default: a login lasts as long as its session; 60 to 31,536,000. */
  maxAgeSeconds?: number | undefined;
  /**
   * The hosts at which visitors log in, each with `/.moor/login/callback` registered at the provider. Default: the host of
   * `MOOR_ISSUER`. Of several logins, one may leave it out. Guards at hosts that no login names are then guards of that login.
   */
  hosts?: string[] | undefined;
  /**
   * What the form of a page does that is posted to `/.moor/logout`. `"provider"` (default): it ends the session here, and leads to the
   * provider, which ends its own. The provider must know `/.moor/login/left` as an address after a logout. `"local"`: it ends the session
   * here, and the next guarded page logs the visitor in again.
   */
  logout?: "provider" | "local" | undefined;
  /**
   * Whether the provider may end sessions here by a post to `/.moor/login/backchannel` (OpenID Connect Back-Channel Logout 1.0). Needs
   * `principals`. Default `false`.
   */
  backchannel?: boolean | undefined;
  /**
   * How often the provider is asked anew for the claims of a visitor who is logged in, in seconds; by a refresh token, which needs the scope
   * that the provider demands for it. A visitor whose refresh token the provider refuses has to log in again. Needs Durable Objects
   * as the authority. Default: never, and no token is kept; 60 to 86,400.
   */
  refreshSeconds?: number | undefined;
}

/** One of several logins. The principal of its visitors is `id:sub`, so that no two providers can name the same visitor. */
export interface NamedLoginConfig extends LoginConfig {
  /** 1 to 32 of `a-z`, `0-9` and `-`. */
  id: string;
}

/** What a route requires of the login of a visitor. An empty object: a login. */
export interface Requirement {
  /**
   * The id of one of `logins`. Where another login is that of the host, the page is closed to everybody. Default: the login of the host of the
   * request.
   */
  login?: string | undefined;
  /** The name of a role in `roles` of the login. Default: no role. */
  role?: string | undefined;
  /** The provider must have logged the visitor in by one of these methods (`acr`). Default: any method. */
  acr?: string[] | undefined;
  /** The provider must have seen the visitor log in within this time, in seconds. Default: at any time; 60 to 31,536,000. */
  maxAgeSeconds?: number | undefined;
}

/** `"none"`: everybody may come. `"login"`: a visitor who is logged in by the login of the host. */
export type RequireConfig = "none" | "login" | Requirement;

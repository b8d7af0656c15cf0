/** A cookie, the carrier of browsers: `HttpOnly`, and `Secure` on https. */
export interface CookieCarrierConfig {
  type: "cookie";
  /** Name without prefix; the names of the proof and the mark begin with it. Default `"moor"`. */
  name?: string;
  /**
   * Guards the name on https (RFC 6265bis section 4.1.3). `"__Host-"` (default): no other host can set the cookie. `"__Secure-"`: any
   * subdomain can set it; needed for `domain` and `path`.
   */
  prefix?: "__Host-" | "__Secure-";
  /**
   * Shares the session with all hosts below this domain. A list is for several sites: each host takes the domain that it is or lies
   * below. A host below no domain keeps its session to itself. Default: every host does.
   */
  domain?: string | string[];
  /** Default `"/"`. */
  path?: string;
  /** Default `"lax"`. `"none"`: browsers also send the cookie with requests from other sites' pages; on plain http it is `"lax"`. */
  sameSite?: "lax" | "strict" | "none";
  /** Keeps a separate cookie jar for each embedding site (CHIPS); with `sameSite: "none"`. Default `false`. */
  partitioned?: boolean;
  /**
   * Which tokens outlive the browser. `"always"` (default): all, until the session's deadline. `"remembered"`: those of remembered visitors
   * (`session.remember`); a browser forgets the others when it closes.
   */
  persistent?: "always" | "remembered";
}

/** A header, the carrier of API and mobile clients. */
export interface HeaderCarrierConfig {
  type: "header";
  /**
   * Default `"Authorization"`: requests send `Authorization: Bearer TOKEN`, responses send `Moor-Token`. Any other name, for example
   * `"X-Auth-Token"`, is used in both directions.
   */
  name?: string;
}

/** The URL, for browsers without cookies: links, forms and redirects in pages carry the token. */
export interface UrlCarrierConfig {
  type: "url";
  /** Name of the query parameter. Default `"moor"`. */
  name?: string;
}

/** How the token travels. */
export type CarrierConfig = CookieCarrierConfig | HeaderCarrierConfig | UrlCarrierConfig;

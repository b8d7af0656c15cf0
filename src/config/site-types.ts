/** The origins whose scripts may read the answers that Moor gives itself. The answers of your servers keep their own headers. */
export interface CorsConfig {
  /** For example `["https://app.example.com"]`, at least one. */
  origins: string[];
  /** Whether those scripts may send cookies (`Access-Control-Allow-Credentials`). Default `false`. */
  credentials?: boolean;
}

/** A kind of data that a browser forgets (`Clear-Site-Data`). */
export type SiteData = "cache" | "cookies" | "storage";

/** The answer to a visitor who has logged out by `/.moor/logout`. */
export interface LogoutConfig {
  /** What the browser then forgets of this site. `"cache"`: stored pages, so that Back shows no account. Default: nothing; with `login`: `["cache"]`. */
  clearSiteData?: SiteData[];
}

/**
 * Whether Moor adds to the traces that Cloudflare records, and gives origins a `traceparent`. `"on"`: the well-formed `traceparent` of a
 * client goes on to origins as it is. `"ignore-client"`: it never does.
 */
export type TracesConfig = "on" | "ignore-client";

/** The log of requests, one line of JSON each. */
export interface LogConfig {
  /**
   * The requests that leave a line in the log. `"failed"` (default): requests that Moor refused, that no origin answered, or whose status
   * is 500 or above. `"all"`; `"off"`. A number above 0 and at most 1: this share of all requests, chosen at random, and every failed
   * request.
   */
  requests?: "failed" | "all" | "off" | number;
  /**
   * Whether a line contains the path, which may name people or hold secrets. The query is never logged. Default `false`: the line names
   * only the route.
   */
  path?: boolean;
  /**
   * The client's address in the line of a request: `"whole"`, or only its `"network"`: the first 24 bits, or 48 of IPv6. Default `"none"`.
   * An address is personal data in many countries.
   */
  address?: "none" | "network" | "whole";
  /** Whether the line contains the client's country, as Cloudflare knows it. Default `false`. */
  country?: boolean;
  /** Whether the line contains the first 256 characters of `User-Agent`. Default `false`. */
  userAgent?: boolean;
  /** Whether the line contains the trace id of the client's `traceparent`, else that of a trace of Cloudflare's. Default `false`. */
  trace?: boolean;
}

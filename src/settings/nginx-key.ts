/** A part of the key that nginx's `hash` directive hashes. */
export type NginxKeyPart =
  | { type: "text"; text: string }
  | { type: "remote-addr" }
  | { type: "binary-remote-addr" }
  /** Path and query. */
  | { type: "request-uri" }
  /** The names in lower case, as nginx knows them. */
  | { type: "cookie" | "query"; name: string }
  | { type: "header"; name: string };

/** The variables that Moor reads exactly as nginx does. */
export const NGINX_VARIABLES = "$remote_addr, $binary_remote_addr, $cookie_NAME, $arg_NAME, $http_NAME, $request_uri";

/**
 * Moor reads these two differently from nginx: the client's `Cookie` header also holds Moor's own cookies, and `Host` is not
 * kept.
 */
const NOT_AS_NGINX_SEES_IT = ["cookie", "host"];

/**
 * Reads the key of nginx's `hash` directive, for example `$cookie_sid` or `$remote_addr-$arg_item`. Returns `undefined` if the
 * key names a variable that Moor cannot read as nginx does, holds a character outside ASCII, or is empty.
 */
export function parseNginxKey(key: string): NginxKeyPart[] | undefined {
  const parts = [...key.matchAll(/\$(?:\{(\w+)\}|(\w+))|([^$]+)|\$/g)].map(([whole, braced, bare, text]) =>
    text === undefined ? variable(braced ?? bare ?? whole) : plainText(text),
  );
  return parts.length > 0 && !parts.includes(undefined) ? (parts as NginxKeyPart[]) : undefined;
}

function plainText(text: string): NginxKeyPart | undefined {
  return /^[ -~]+$/.test(text) ? { type: "text", text } : undefined;
}

function variable(name: string): NginxKeyPart | undefined {
  if (name === "remote_addr") return { type: "remote-addr" };
  if (name === "binary_remote_addr") return { type: "binary-remote-addr" };
  if (name === "request_uri") return { type: "request-uri" };
  const [, kind, rest = ""] = /^(cookie|arg|http)_(\w+)$/.exec(name.toLowerCase()) ?? [];
  if (kind === "cookie") return { type: "cookie", name: rest };
  if (kind === "arg") return { type: "query", name: rest };
  if (kind !== "http" || NOT_AS_NGINX_SEES_IT.includes(rest)) return undefined;
  return { type: "header", name: rest.replaceAll("_", "-") };
}

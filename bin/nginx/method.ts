import { NGINX_VARIABLES, parseNginxKey } from "../../src/config/nginx-key.ts";
import type { NginxAffinityConfig } from "../../src/config/pool-types.ts";
import type { Directive } from "./directives.ts";
import { findAll } from "./directives.ts";
import type { Remark } from "./place.ts";

/** How an upstream chooses among its servers. */
export type Method =
  /** One of nginx's hashes. The mapping of keys to servers is kept. */
  | { readonly kind: "nginx"; readonly affinity: NginxAffinityConfig }
  /** A cookie that the application sets: `sticky learn`, or `sticky route` by a cookie. */
  | { readonly kind: "sticky"; readonly cookie: string }
  /** A cookie that nginx sets, and that names the server: `sticky cookie`. */
  | { readonly kind: "sticky-cookie"; readonly cookie: string }
  /** No rule that ties a visitor to a server. */
  | { readonly kind: "none" };

/** The result of reading one directive of an `upstream` block. */
export type ReadMethod =
  | { readonly kind: "method"; readonly method: Method; readonly note?: Remark }
  | { readonly kind: "note" | "refused"; readonly remark: Remark }
  /** The directive does not concern the choice of a server. */
  | { readonly kind: "other" };

const WITHOUT_AFFINITY = ["least_conn", "least_time", "random", "round_robin"];
const WITHOUT_EFFECT = ["zone", "keepalive", "keepalive_requests", "keepalive_time", "keepalive_timeout", "ntlm"];
const UNKNOWN_TO_MOOR = ["queue", "state", "resolver", "resolver_timeout"];

/**
 * Reads a directive of an `upstream` block other than `server`.
 *
 * @param all the whole configuration, for the `map` of a variable.
 */
export function readMethod({ name, args, file, line }: Directive, all: readonly Directive[]): ReadMethod {
  const remark = (text: string): Remark => ({ file, line, text });
  const refused = (text: string): ReadMethod => ({ kind: "refused", remark: remark(text) });
  const method = (method: Method): ReadMethod => ({ kind: "method", method });
  if (name === "ip_hash") return method({ kind: "nginx", affinity: { algorithm: "nginx-ip-hash" } });
  if (name === "hash") return readHash(args, method, refused);
  if (name === "sticky") return readSticky(args, all, method, refused);
  if (WITHOUT_AFFINITY.includes(name)) {
    const text = `${name} is not carried over: Moor keeps each session on the origin that its id meets, by weight`;
    return { kind: "method", method: { kind: "none" }, note: remark(text) };
  }
  if (WITHOUT_EFFECT.includes(name)) return { kind: "other" };
  if (UNKNOWN_TO_MOOR.includes(name)) return { kind: "note", remark: remark(`${name} is not carried over`) };
  return refused(`${name}: not a directive of upstream that is known here`);
}

type Give = (method: Method) => ReadMethod;
type Refuse = (text: string) => ReadMethod;

function readHash([key = "", ...rest]: readonly string[], method: Give, refused: Refuse): ReadMethod {
  if (!parseNginxKey(key)) {
    return refused(`hash ${key}: only ASCII text and these variables can be read as nginx does: ${NGINX_VARIABLES}`);
  }
  if (rest.length > 0 && rest.join(" ") !== "consistent") return refused(`hash … ${rest.join(" ")}: not known here`);
  return method({ kind: "nginx", affinity: { algorithm: rest.length > 0 ? "nginx-chash" : "nginx-hash", key } });
}

function readSticky([kind, ...args]: readonly string[], all: readonly Directive[], method: Give, refused: Refuse) {
  if (kind === "cookie" && args[0] !== undefined) return method({ kind: "sticky-cookie", cookie: args[0] });
  if (kind === "route") {
    const cookies = args.map((variable) => cookieOf(variable, all)).filter((cookie) => cookie !== undefined);
    if (cookies[0] !== undefined) return method({ kind: "sticky", cookie: cookies[0] });
  }
  if (kind === "learn") {
    const values = (name: string) =>
      args.filter((arg) => arg.startsWith(`${name}=`)).map((arg) => arg.slice(name.length + 1));
    const [create, lookup] = [values("create"), values("lookup")];
    const cookie = lookup.length === 1 ? /^\$cookie_(\w+)$/.exec(lookup[0] as string)?.[1] : undefined;
    if (cookie !== undefined && create.join() === `$upstream_cookie_${cookie}`)
      return method({ kind: "sticky", cookie });
  }
  return refused(
    `sticky ${[kind, ...args].join(" ")}: Moor knows "cookie NAME", "route" by one cookie, and "learn" with ` +
      "create=$upstream_cookie_NAME and lookup=$cookie_NAME",
  );
}

/**
 * The cookie that a variable stands for: the cookie's whole value, or the part behind its last dot, if a `map` cuts that part
 * out.
 */
function cookieOf(variable: string, all: readonly Directive[]): string | undefined {
  const own = /^\$cookie_(\w+)$/.exec(variable)?.[1];
  if (own !== undefined) return own;
  for (const { directive } of findAll(all, "map")) {
    const [source = "", target] = directive.args;
    const [entry, ...more] = directive.block ?? [];
    if (target !== variable || !entry || more.length > 0) continue;
    const [, name] = /\\\.\((?:\?P?<(\w+)>)?(?:\\w|\[^[^\]]*\])\+\)\$$/.exec(entry.name) ?? [];
    if (name !== undefined && entry.args[0] === `$${name}`) return /^\$cookie_(\w+)$/.exec(source)?.[1];
  }
  return undefined;
}

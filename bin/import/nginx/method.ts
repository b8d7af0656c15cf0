import type { NginxAffinityConfig } from "../../../src/config/pool-types.ts";
import { NGINX_VARIABLES, parseNginxKey } from "../../../src/settings/nginx-key.ts";
import type { Remark } from "../remark.ts";
import type { Directive } from "./directives.ts";
import { findAll } from "./directives.ts";

/** How an upstream chooses among its servers. */
export type Method =
  /** One of nginx's hashes. The mapping of keys to servers is kept. */
  | { readonly kind: "nginx"; readonly affinity: NginxAffinityConfig }
  /** A cookie that the application sets: `sticky learn`, or `sticky route` by a cookie. */
  | { readonly kind: "sticky"; readonly cookie: string; readonly pathParameter?: string }
  /** A cookie that nginx sets, and that names the server: `sticky cookie`. */
  | { readonly kind: "sticky-cookie"; readonly cookie: string }
  /** No rule that ties a visitor to a server. */
  | { readonly kind: "none" };

/** The result of reading one directive of an `upstream` block. */
export interface ReadMethod {
  /** `undefined`: the directive does not concern the choice of a server. */
  readonly method: Method | undefined;
  readonly notes: readonly Remark[];
}

const WITHOUT_AFFINITY = ["least_conn", "least_time", "random", "round_robin"];
const NONE: Method = { kind: "none" };

/**
 * Reads a directive of an `upstream` block other than `server`.
 *
 * @param all the whole configuration, for the `map` of a variable.
 */
export function readMethod({ name, args, file, line }: Directive, all: readonly Directive[]): ReadMethod {
  const as = (method: Method | undefined, ...texts: string[]): ReadMethod => {
    return { method, notes: texts.map((text) => ({ file, line, text })) };
  };
  if (name === "ip_hash") return as({ kind: "nginx", affinity: { algorithm: "nginx-ip-hash" } });
  if (name === "hash") return readHash(args, as);
  if (name === "sticky") return readSticky(args, all, as);
  return WITHOUT_AFFINITY.includes(name) ? as(NONE) : as(undefined);
}

type As = (method: Method, ...texts: string[]) => ReadMethod;

const INSTEAD = "so each visitor goes by the session of Moor (whrw1), and moves once";

function readHash([key = "", ...rest]: readonly string[], as: As): ReadMethod {
  if (!parseNginxKey(key)) {
    return as(
      NONE,
      `hash ${key}: only ASCII text and these variables can be read as nginx does: ${NGINX_VARIABLES}; ${INSTEAD}`,
    );
  }
  if (rest.length > 0 && rest.join(" ") !== "consistent")
    return as(NONE, `hash … ${rest.join(" ")}: not known here, ${INSTEAD}`);
  return as({ kind: "nginx", affinity: { algorithm: rest.length > 0 ? "nginx-chash" : "nginx-hash", key } });
}

function readSticky([kind, ...args]: readonly string[], all: readonly Directive[], as: As): ReadMethod {
  if (kind === "cookie" && args[0] !== undefined) return as({ kind: "sticky-cookie", cookie: args[0] });
  if (kind === "route") {
    const cookies = args.map((variable) => cookieOf(variable, all));
    const cookie = cookies.find((each) => each !== undefined);
    const pathParameter = args.map((variable) => pathParameterOf(variable, all)).find((each) => each !== undefined);
    const left = args.filter((variable) => !cookieOf(variable, all) && !pathParameterOf(variable, all));
    const notes = left.map(
      (variable) => `sticky route ${variable} is not carried over: Moor follows a cookie and a parameter of the path`,
    );
    if (cookie !== undefined)
      return as({ kind: "sticky", cookie, ...(pathParameter !== undefined && { pathParameter }) }, ...notes);
  }
  if (kind === "learn") {
    const values = (name: string) =>
      args.filter((arg) => arg.startsWith(`${name}=`)).map((arg) => arg.slice(name.length + 1));
    const [create, lookup] = [values("create"), values("lookup")];
    const cookie = lookup.length === 1 ? /^\$cookie_(\w+)$/.exec(lookup[0] as string)?.[1] : undefined;
    if (cookie !== undefined && create.join() === `$upstream_cookie_${cookie}`) return as({ kind: "sticky", cookie });
  }
  return as(
    NONE,
    `sticky ${[kind, ...args].join(" ")}: Moor knows "cookie NAME", "route" by a cookie, and "learn" with ` +
      `create=$upstream_cookie_NAME and lookup=$cookie_NAME; ${INSTEAD}`,
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

/** The parameter of the path, as in `;jsessionid=`, from which a `map` of the address cuts the part behind the last dot. */
function pathParameterOf(variable: string, all: readonly Directive[]): string | undefined {
  for (const { directive } of findAll(all, "map")) {
    const [source, target] = directive.args;
    const [entry, ...more] = directive.block ?? [];
    if (target !== variable || source !== "$request_uri" || !entry || more.length > 0) continue;
    const [, parameter, name] = /^~\*?;?(\w+)=\.\+\\\.\(\?P?<(\w+)>\\w\+\)\$$/.exec(entry.name) ?? [];
    if (name !== undefined && entry.args[0] === `$${name}`) return parameter;
  }
  return undefined;
}

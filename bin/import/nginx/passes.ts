import { ANY, type Match } from "../match.ts";
import type { Remark } from "../remark.ts";
import type { Target } from "../rules.ts";
import { inherited, ownOf } from "./blocks.ts";
import type { Directive } from "./directives.ts";
import type { Location } from "./locations.ts";
import type { HostHeader, Pools } from "./pools.ts";
import { readSettings } from "./settings.ts";
import { valuesOf } from "./variables.ts";

/** How some requests of a location go on. A text: they reach no server, for this reason. */
export interface Way {
  readonly match: Match;
  readonly target: Target | string;
}

/** The ways of a location's requests, and remarks about them. */
export interface Ways {
  readonly ways: readonly Way[];
  readonly notes: readonly Remark[];
}

/** The parts of a configuration that a location can refer to. */
export interface Surroundings {
  readonly all: readonly Directive[];
  /** The locations of its server with a name, `@name`. */
  readonly named: readonly Location[];
  readonly pools: Pools;
}

const OTHER_PROTOCOLS = ["fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"];

/** Whether a location hands requests to another server by HTTP, itself or through a location with a name. */
export function passingLocation(location: Location, named: readonly Location[]): Location | undefined {
  const block = location.blocks.at(-1);
  if (ownOf(block, "proxy_pass").length > 0) return location;
  const fallback = ownOf(block, "try_files").at(-1)?.args.at(-1);
  const next = fallback?.startsWith("@") && named.find(({ text }) => text === fallback.slice(1));
  return next && ownOf(next.blocks.at(-1), "proxy_pass").length > 0 ? next : undefined;
}

/** Where the requests of a location go. */
export function waysOf(location: Location, around: Surroundings): Ways {
  const passing = passingLocation(location, around.named);
  const block = location.blocks.at(-1) as Directive;
  if (!passing) return { ways: [{ match: ANY, target: reasonOf(block) }], notes: [] };
  const notes: Remark[] = [];
  if (passing !== location) {
    const [{ file, line }] = ownOf(block, "try_files") as [Directive];
    notes.push({
      file,
      line,
      text: `try_files: nginx serves the files that exist; Moor sends all requests on, as in ${passing.name}`,
    });
  }
  const [pass] = ownOf(passing.blocks.at(-1), "proxy_pass") as [Directive];
  const { settings, notes: aboutSettings } = readSettings(passing.blocks);
  const ways = targetsOf(pass, passing, location, around, notes).map(({ match, target }): Way => {
    return { match, target: typeof target === "string" ? target : { ...settings, ...target } };
  });
  return { ways, notes: [...notes, ...aboutSettings] };
}

function reasonOf(block: Directive): string {
  const returned = ownOf(block, "return").at(-1);
  if (returned) return `returns ${returned.args.join(" ")}`;
  const other = block.block?.find(({ name }) => OTHER_PROTOCOLS.includes(name));
  if (other) return `passes to ${other.args[0]} by ${other.name.replace("_pass", "")}, and Moor speaks HTTP alone`;
  return "passes to no server: nginx itself answers";
}

/** A pool by its id, or the reason why there is no pool. */
type Fixed = { readonly pool: string } | string;

function targetsOf(
  pass: Directive,
  passing: Location,
  location: Location,
  around: Surroundings,
  notes: Remark[],
): Way[] {
  const [text = ""] = pass.args;
  const fixed = (value: string) => fixedTarget(value, { pass, passing, location, pools: around.pools, notes });
  const [, scheme = "", name, rest = ""] = /^(https?:\/\/)?\$\{?(\w+)\}?(.*)$/.exec(text) ?? [];
  if (name === undefined) return [{ match: ANY, target: fixed(text) }];
  const read = valuesOf(name, passing.blocks, around.all);
  if (!read) return [{ match: ANY, target: `passes to ${text}, and the file does not tell the value of $${name}` }];
  notes.push(...read.notes);
  return read.values.map(({ match, value }): Way => {
    if (value === "") return { match, target: `passes to ${text}, and $${name} is empty` };
    if (typeof value === "string") return { match, target: fixed(`${scheme}${value}${rest}`) };
    const sides = value.map(({ value: side, share }) => ({ side: fixed(`${scheme}${side}${rest}`), share }));
    const weights = new Map<string, number>();
    for (const { side, share } of sides) {
      if (typeof side === "string") return { match, target: side };
      weights.set(side.pool, (weights.get(side.pool) ?? 0) + share);
    }
    const pool = [...weights].map(([id, weight]) => ({ id, weight }));
    return { match, target: { pool: pool.length > 1 ? pool : (pool[0]?.id ?? "") } };
  });
}

interface Passing {
  readonly pass: Directive;
  /** The location that has the `proxy_pass`. */
  readonly passing: Location;
  /** The location that takes the request. */
  readonly location: Location;
  readonly pools: Pools;
  readonly notes: Remark[];
}

function fixedTarget(text: string, { pass, passing, location, pools, notes }: Passing): Fixed {
  const [, scheme, authority = "", uri = ""] = /^(https?):\/\/([^/?#]+)(.*)$/.exec(text) ?? [];
  if (scheme === undefined || authority.includes("$")) return `passes to ${text}, which is no address by itself`;
  if (authority === "unix:") return `passes to ${text}, which a Worker cannot reach`;
  const kept = /^\$(?:request_uri|uri)(?:\$is_args\$args)?$/.test(uri) || passing !== location;
  const base = kept || uri === "" ? "" : basePath(location, uri);
  if (base === undefined) {
    const { file, line } = pass;
    const from = location.kind === "expression" ? "the path" : location.text;
    notes.push({
      file,
      line,
      text: `proxy_pass ${text} puts ${uri} in place of ${from}; Moor sends the path as it came, so the servers must answer there`,
    });
  }
  const host = hostHeader(passing, authority);
  return pools.poolFor({ scheme: scheme as "http" | "https", authority, base: base ?? "", pass, host });
}

/** The base path before the path of the request, if nginx's exchange of the location's path by another comes to just that. */
function basePath({ kind, text }: Location, uri: string): string | undefined {
  if ((kind !== "prefix" && kind !== "exact") || !uri.endsWith(text) || /[?#$]/.test(uri)) return undefined;
  return uri.slice(0, uri.length - text.length);
}

/** The `Host` that servers see: their own, the client's, or a fixed text. nginx sends the name in `proxy_pass` by default. */
function hostHeader({ blocks }: Location, authority: string): HostHeader | undefined {
  const line = inherited(blocks, "proxy_set_header").find(({ args: [name = ""] }) => name.toLowerCase() === "host");
  const value = line?.args[1] ?? "$proxy_host";
  if (!line || value === "$proxy_host" || value === authority || value === "") return undefined;
  return { value, isClients: /^\$(?:host|http_host|server_name)(?::\$server_port)?$/.test(value), directive: line };
}

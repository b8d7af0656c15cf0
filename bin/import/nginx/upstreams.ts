import type { PoolConfig } from "../../../src/config/pool-types.ts";
import { uniqueId } from "../ids.ts";
import type { Remark } from "../remark.ts";
import type { Directive } from "./directives.ts";
import { type Method, readMethod } from "./method.ts";
import { readServer } from "./servers.ts";

/** The context in which an upstream is read. */
export interface UpstreamOptions {
  readonly scheme: "http" | "https";
  /** The path before the path of each request; empty, or `/base`. */
  readonly base: string;
  /** Whether every host name has a single address. */
  readonly oneAddress: boolean;
  /** The whole configuration, for the `map` of a variable. */
  readonly all: readonly Directive[];
}

/** An upstream as a pool. */
export interface ImportedUpstream {
  readonly pool: PoolConfig;
  /** Settings that Moor cannot keep as nginx has them. */
  readonly refused: readonly Remark[];
  /** Settings that are left out, and steps to do by hand. */
  readonly notes: readonly Remark[];
}

/** Reads an `upstream` block, or the single server of a `proxy_pass` in the form of an `upstream` block, as the pool of an id. */
export function importUpstream(upstream: Directive, id: string, options: UpstreamOptions): ImportedUpstream {
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  let method: Method = { kind: "none" };
  for (const directive of upstream.block ?? []) {
    if (directive.name === "server") continue;
    const read = readMethod(directive, options.all);
    if (read.method) method = overridden(method, read.method);
    notes.push(...read.notes);
  }

  const servers = (upstream.block ?? []).filter((directive) => directive.name === "server");
  const read = servers.map((server) => readServer(server, { ...options, method }));
  for (const server of read) {
    refused.push(...server.refused);
    notes.push(...server.notes);
  }
  const origins = read.flatMap(({ origin }) => origin ?? []);
  const taken = new Set<string>();
  for (const [index, origin] of origins.entries()) {
    if (taken.has(origin.nginxServer ?? "")) {
      const { file, line } = servers[index] as Directive;
      refused.push({
        file,
        line,
        text: `server ${origin.nginxServer} is listed twice, and nginx takes turns between the two`,
      });
    }
    if (origin.nginxServer !== undefined) taken.add(origin.nginxServer);
  }
  const pool: PoolConfig = { id, origins: withUniqueIds(origins) };
  if (method.kind === "nginx") pool.affinity = method.affinity;
  if (method.kind === "sticky") {
    const { kind: _, ...followed } = method;
    pool.learn = { ...followed, ignoreCase: true };
  }
  if (method.kind === "sticky-cookie" && origins.some(({ route }) => route !== undefined))
    pool.formerBalancer = { type: "nginx", cookie: method.cookie };
  const slowStart = Math.max(...read.map(({ slowStartSeconds }) => slowStartSeconds), 0);
  if (slowStart > 0 && method.kind !== "nginx") pool.slowStartSeconds = slowStart;
  return { pool, refused, notes };
}

/** The last method counts. `sticky` is an exception: it counts before any other method. */
function overridden(earlier: Method, later: Method): Method {
  const isSticky = (method: Method) => method.kind === "sticky" || method.kind === "sticky-cookie";
  return isSticky(earlier) && !isSticky(later) ? earlier : later;
}

function withUniqueIds(origins: PoolConfig["origins"]): PoolConfig["origins"] {
  const taken = new Set<string>();
  return origins.map((origin) => ({ ...origin, id: uniqueId(origin.id, taken) }));
}

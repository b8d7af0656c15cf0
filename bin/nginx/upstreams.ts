import type { PoolConfig } from "../../src/config/pool-types.ts";
import { type Directive, findAll, type NginxConfig } from "./directives.ts";
import { type Method, readMethod } from "./method.ts";
import type { Remark } from "./place.ts";
import { readServer } from "./servers.ts";

/** The result of reading the upstreams of a configuration. */
export interface ImportedUpstreams {
  readonly pools: readonly PoolConfig[];
  /** Settings that Moor cannot keep as nginx has them. */
  readonly refused: readonly Remark[];
  /** Settings that are left out, and steps to do by hand. */
  readonly notes: readonly Remark[];
}

export interface ImportOptions {
  /** Whether every host name has a single address. */
  readonly oneAddress: boolean;
}

/** Reads every `upstream` of a configuration as a pool. */
export function importUpstreams(config: NginxConfig, options: ImportOptions): ImportedUpstreams {
  const found = [...findAll(config.directives, "upstream")];
  const ids = new Set<string>();
  const imported = found.map(({ directive, around }): ImportedUpstreams => {
    const { file, line, args } = directive;
    if (around.some(({ name }) => name === "stream")) {
      return {
        pools: [],
        refused: [],
        notes: [{ file, line, text: `upstream ${args[0]} is not of http, and left out` }],
      };
    }
    return importUpstream(directive, poolId(args[0] ?? "", ids), config.directives, options);
  });
  const pools = imported.flatMap(({ pools }) => pools);
  return {
    pools,
    refused: imported.flatMap(({ refused }) => refused),
    notes: [
      ...config.remarks,
      ...imported.flatMap(({ notes }) => notes),
      ...(pools.length > 1 ? routesToWrite(config.directives) : []),
    ],
  };
}

function importUpstream(upstream: Directive, id: string, all: readonly Directive[], options: ImportOptions) {
  const [name = ""] = upstream.args;
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  let method: Method = { kind: "none" };
  for (const directive of upstream.block ?? []) {
    if (directive.name === "server") continue;
    const read = readMethod(directive, all);
    if (read.kind === "method") {
      method = overridden(method, read.method);
      if (read.note) notes.push(read.note);
    }
    if (read.kind === "note") notes.push(read.remark);
    if (read.kind === "refused") refused.push(read.remark);
  }

  const scheme = schemeOf(name, all);
  const servers = (upstream.block ?? []).filter((directive) => directive.name === "server");
  const read = servers.map((server) => readServer(server, { ...options, method, scheme }));
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
  if (method.kind === "sticky" || method.kind === "sticky-cookie") pool.learn = { cookie: method.cookie };
  return { pools: [pool], refused, notes };
}

/** The last method counts. `sticky` is an exception: it counts before any other method. */
function overridden(earlier: Method, later: Method): Method {
  const isSticky = (method: Method) => method.kind === "sticky" || method.kind === "sticky-cookie";
  return isSticky(earlier) && !isSticky(later) ? earlier : later;
}

function schemeOf(upstream: string, all: readonly Directive[]): "http" | "https" {
  const passed = [...findAll(all, "proxy_pass")].map(({ directive }) => directive.args[0] ?? "");
  return passed.some((target) => new RegExp(`^https://${escapePattern(upstream)}(/|$)`).test(target))
    ? "https"
    : "http";
}

/** With several pools, routes choose the pool. nginx matches locations by other rules, so they are not rewritten. */
function routesToWrite(all: readonly Directive[]): Remark[] {
  return [...findAll(all, "proxy_pass")].map(({ directive: { args, file, line }, around }) => {
    const location = around.findLast(({ name }) => name === "location")?.args.join(" ") ?? "/";
    return { file, line, text: `location ${location} passes to ${args[0]}: write a route for it` };
  });
}

function poolId(name: string, taken: Set<string>): string {
  const id =
    name
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/g, "-")
      .slice(0, 60) || "pool";
  return unique(id, taken);
}

function withUniqueIds(origins: PoolConfig["origins"]): PoolConfig["origins"] {
  const taken = new Set<string>();
  return origins.map((origin) => ({ ...origin, id: unique(origin.id, taken) }));
}

function unique(id: string, taken: Set<string>): string {
  let own = id;
  for (let count = 2; taken.has(own); count++) own = `${id}-${count}`;
  taken.add(own);
  return own;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

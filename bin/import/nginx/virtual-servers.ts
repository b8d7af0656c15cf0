import { hostPattern } from "../../../src/settings/grammar.ts";
import type { Remark } from "../remark.ts";
import { ownOf } from "./blocks.ts";
import type { Directive } from "./directives.ts";
import { findAll } from "./directives.ts";

/** A `server` block of http. */
export interface VirtualServer {
  readonly block: Directive;
  /** The blocks around it, the innermost block last. */
  readonly around: readonly Directive[];
  /** The ports on which it listens. */
  readonly ports: readonly number[];
  /** The ports of which it says that it is the default. */
  readonly defaultOf: readonly number[];
  /** The patterns of hosts in its `server_name`. */
  readonly hosts: readonly string[];
}

/** The servers of a configuration, and which of them answers hosts that no server names. */
export interface VirtualServers {
  readonly servers: readonly VirtualServer[];
  readonly fallback: VirtualServer | undefined;
  readonly notes: readonly Remark[];
}

const STANDARD_PORTS = [443, 80];

/** Reads the `server` blocks. `passes`: whether a server hands requests to other servers. */
export function readVirtualServers(
  all: readonly Directive[],
  passes: (server: VirtualServer) => boolean,
): VirtualServers {
  const notes: Remark[] = [];
  const servers = [...findAll(all, "server")]
    .filter(
      ({ directive, around }) => directive.block && !around.some(({ name }) => name === "stream" || name === "mail"),
    )
    .map(({ directive, around }) => readServer(directive, around, notes));
  const passing = servers.filter(passes);
  notes.push(...servers.filter((server) => !passing.includes(server)).map(withoutRoutes));
  const port = mainPort(passing);
  const onPort = servers.filter(({ ports }) => port !== undefined && ports.includes(port));
  const first = onPort.find(({ defaultOf }) => port !== undefined && defaultOf.includes(port)) ?? onPort[0];
  const fallback = first && passing.includes(first) ? first : undefined;
  const taken = new Map<string, VirtualServer>();
  const kept = passing.filter((server) => {
    const free = server.hosts.filter((host) => !taken.has(host));
    for (const host of free) taken.set(host, server);
    if (server === fallback || free.length > 0) return true;
    notes.push(leftOut(server, taken.get(server.hosts[0] ?? "")));
    return false;
  });
  return {
    servers: kept.map((server) => ownHosts(server, taken)),
    fallback: fallback && ownHosts(fallback, taken),
    notes,
  };
}

function ownHosts(server: VirtualServer, taken: ReadonlyMap<string, VirtualServer>): VirtualServer {
  return { ...server, hosts: server.hosts.filter((host) => taken.get(host) === server) };
}

function leftOut({ block: { file, line }, ports }: VirtualServer, other: VirtualServer | undefined): Remark {
  const reason = other
    ? `the server of line ${other.block.line} has the same name, and routes do not tell ports apart`
    : "it has no name that a route could match, and is not the default of its port";
  return { file, line, text: `the server on port ${ports.join(", ")} is left out: ${reason}` };
}

function withoutRoutes({ block }: VirtualServer): Remark {
  const { file, line } = block;
  const returned = ownOf(block, "return").at(-1);
  const reason = returned ? `it returns ${returned.args.join(" ")}` : "it passes no request to a server by HTTP";
  return { file, line, text: `the server of this line gets no route: ${reason}` };
}

/** The port of visitors: 443 or 80 if a server listens there, else the first port. */
function mainPort(servers: readonly VirtualServer[]): number | undefined {
  const ports = servers.flatMap(({ ports }) => ports);
  return STANDARD_PORTS.find((port) => ports.includes(port)) ?? ports[0];
}

function readServer(block: Directive, around: readonly Directive[], notes: Remark[]): VirtualServer {
  const listens = ownOf(block, "listen").map(({ args: [address = "", ...words] }) => ({
    port: Number(/(?:^|:)(\d+)$/.exec(address)?.[1] ?? 80),
    isDefault: words.includes("default_server") || words.includes("default"),
  }));
  const hosts = ownOf(block, "server_name").flatMap(({ args, file, line }) =>
    args.flatMap((name) => {
      const patterns = hostsOf(name);
      if (!patterns)
        notes.push({ file, line, text: `server_name ${name} is not carried over: no pattern of a route can hold it` });
      return patterns ?? [];
    }),
  );
  return {
    block,
    around,
    ports: listens.length > 0 ? [...new Set(listens.map(({ port }) => port))] : [80],
    defaultOf: listens.filter(({ isDefault }) => isDefault).map(({ port }) => port),
    hosts: [...new Set(hosts)],
  };
}

/** The patterns of a server's name. `_` and the empty name match no host, and so have no pattern. */
function hostsOf(name: string): string[] | undefined {
  if (name === "_" || name === "") return [];
  const lower = name.toLowerCase();
  const patterns = lower.startsWith(".") ? [lower.slice(1), `*${lower}`] : [lower];
  return patterns.every(hostPattern.accepts) ? patterns : undefined;
}

/** The patterns of hosts, in the order in which nginx tries them: names, then wildcards, the longest first. */
export function inOrder(hosts: readonly string[]): string[] {
  const isWild = (host: string) => host.startsWith("*");
  return [
    ...hosts.filter((host) => !isWild(host)),
    ...hosts.filter(isWild).sort((one, other) => other.length - one.length),
  ];
}

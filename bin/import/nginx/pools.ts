import type { PoolConfig } from "../../../src/config/pool-types.ts";
import type { ClientHost } from "../client-host.ts";
import { uniqueId } from "../ids.ts";
import type { Remark } from "../remark.ts";
import { ownOf } from "./blocks.ts";
import { type Directive, findAll } from "./directives.ts";
import { importUpstream } from "./upstreams.ts";

/** A `Host` that a location sets and that is not the servers' own. */
export interface HostHeader {
  readonly value: string;
  readonly isClients: boolean;
  readonly directive: Directive;
}

/** The servers to which a `proxy_pass` leads. */
export interface Passed {
  readonly scheme: "http" | "https";
  /** The name of an upstream, or a host with a port. */
  readonly authority: string;
  /** The path before the path of each request; empty, or `/base`. */
  readonly base: string;
  readonly pass: Directive;
  readonly host: HostHeader | undefined;
}

/** The pools of a configuration. They come about as locations ask for them. */
export interface Pools {
  /** The pool of servers, or the reason why they can be no pool. */
  poolFor(passed: Passed): { readonly pool: string } | string;
  /** The pools that locations asked for; all upstreams of a file that has no `server` block. */
  read(): {
    readonly pools: readonly PoolConfig[];
    readonly refused: readonly Remark[];
    readonly notes: readonly Remark[];
    readonly clientHosts: readonly ClientHost[];
  };
}

interface Entry extends Pick<Passed, "scheme" | "base"> {
  readonly id: string;
  readonly upstream: Directive;
}

/** Starts with the `upstream` blocks of a configuration. */
export function createPools(all: readonly Directive[], options: { readonly oneAddress: boolean }): Pools {
  const ids = new Set<string>();
  const remarks: Remark[] = [];
  const clientHosts: ClientHost[] = [];
  const withoutServers = new Set<string>();
  const upstreams = new Map<string, { readonly id: string; readonly directive: Directive }>();
  for (const { directive, around } of findAll(all, "upstream")) {
    const [name = ""] = directive.args;
    const { file, line } = directive;
    if (around.some((block) => block.name === "stream")) {
      remarks.push({ file, line, text: `upstream ${name} is not of http, and left out` });
    } else if (ownOf(directive, "server").length === 0) withoutServers.add(name);
    else upstreams.set(name, { id: uniqueId(name, ids), directive });
  }
  const isOnlyUpstreams = [...findAll(all, "server")].every(({ directive }) => directive.block === undefined);
  const entries = new Map<string, Entry>();

  function entryFor({ scheme, authority, base, pass }: Passed): Entry {
    const upstream = upstreams.get(authority);
    const isPlain = upstream && base === "" && ![...entries.values()].some(({ id }) => id === upstream.id);
    const id = isPlain ? upstream.id : uniqueId(`${(upstream?.id ?? authority) + base}`, ids);
    return { id, scheme, base, upstream: upstream?.directive ?? singleServer(authority, scheme, pass) };
  }

  return {
    poolFor(passed) {
      const { scheme, authority, base, host } = passed;
      if (withoutServers.has(authority)) return `passes to upstream ${authority}, which has no server in this file`;
      const key = `${scheme}://${authority}${base}`;
      const entry = entries.get(key) ?? entryFor(passed);
      entries.set(key, entry);
      if (host?.isClients) clientHosts.push({ pool: entry.id, ...placeOf(host.directive) });
      else if (host) {
        const text = `proxy_set_header Host ${host.value} is not carried over: Moor sends the host of the origin's url, and the client's in X-Forwarded-Host`;
        remarks.push({ ...placeOf(host.directive), text });
      }
      return { pool: entry.id };
    },
    read() {
      const used = [...entries.values()];
      const unused = [...upstreams.values()].filter(
        ({ directive }) => !used.some((each) => each.upstream === directive),
      );
      const idle = (isOnlyUpstreams ? unused : []).map(
        ({ id, directive }): Entry => ({ id, upstream: directive, scheme: "http", base: "" }),
      );
      const order = [...upstreams.values()].map(({ directive }) => directive);
      const inOrder = [...used, ...idle].sort(
        (one, other) => place(one, order) - place(other, order) || one.base.length - other.base.length,
      );
      const imported = inOrder.map(({ id, upstream, ...rest }) =>
        importUpstream(upstream, id, { ...rest, ...options, all }),
      );
      const notes = isOnlyUpstreams ? [] : unused.map(({ directive }) => unusedNote(directive));
      return {
        pools: imported.map(({ pool }) => pool),
        refused: imported.flatMap(({ refused }) => refused),
        notes: [...remarks, ...imported.flatMap((each) => each.notes), ...notes],
        clientHosts,
      };
    },
  };
}

function place({ upstream }: Entry, order: readonly Directive[]): number {
  const index = order.indexOf(upstream);
  return index < 0 ? order.length : index;
}

function placeOf({ file, line }: Directive) {
  return { file, line };
}

function unusedNote({ file, line, args }: Directive): Remark {
  return {
    file,
    line,
    text: `upstream ${args[0]} is left out: no location passes to it by HTTP`,
  };
}

/** A server that a `proxy_pass` names itself, in the form of an upstream. */
function singleServer(authority: string, scheme: "http" | "https", { file, line }: Directive): Directive {
  const hasPort = /:\d+$/.test(authority);
  const args = [hasPort || scheme === "http" ? authority : `${authority}:443`];
  const server: Directive = { file, line, name: "server", args, block: undefined };
  return { file, line, name: "upstream", args: [authority], block: [server] };
}

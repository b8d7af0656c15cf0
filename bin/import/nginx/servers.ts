import { createHash } from "node:crypto";
import type { OriginConfig } from "../../../src/config/pool-types.ts";
import { originId } from "../../fronted.ts";
import { milliseconds } from "../durations.ts";
import type { Remark } from "../remark.ts";
import type { Directive } from "./directives.ts";
import type { Method } from "./method.ts";

/** The context in which an upstream's servers are read. */
export interface ServersOptions {
  readonly method: Method;
  /** The scheme of requests to the upstream. */
  readonly scheme: "http" | "https";
  /** The path before the path of each request; empty, or `/base`. */
  readonly base: string;
  /** Whether every host name has a single address. */
  readonly oneAddress: boolean;
}

/** A server as an origin, and remarks about it. */
export interface ReadServer {
  /** `undefined`: the server cannot be an origin. */
  readonly origin: OriginConfig | undefined;
  /** How long the server gets a growing share once it is there; 0: not at all. */
  readonly slowStartSeconds: number;
  readonly refused: readonly Remark[];
  readonly notes: readonly Remark[];
}

const MOST_SLOW_START_SECONDS = 86_400;
const NOT_CARRIED: Record<string, string> = {
  max_fails: "Moor ejects an origin that answers neither a request nor a check",
  fail_timeout: "Moor leaves a failed origin alone for ten seconds",
  max_conns: "no isolate knows how busy an origin is; while a server is full, nginx sends its visitors elsewhere",
};

/** Reads a `server` line of an `upstream` block. */
export function readServer(directive: Directive, options: ServersOptions): ReadServer {
  const { args, file, line } = directive;
  const [address = "", ...parameters] = args;
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  const refuse = (text: string) => refused.push({ file, line, text });
  const note = (text: string) => notes.push({ file, line, text });
  const { method, scheme, base, oneAddress } = options;

  const place = readAddress(address);
  if (!place) {
    refuse(`server ${address}: a Worker reaches host names and ports alone; give this server a port`);
    return { origin: undefined, slowStartSeconds: 0, refused, notes };
  }
  const { host, port } = place;
  const isImplied = scheme === "http" ? port === undefined : port === 443;
  const url = `${scheme}://${host}${isImplied ? "" : `:${port ?? 80}`}`;
  // The base path is no part of the id, so that a session meets the same server under each base path.
  const origin: OriginConfig = { id: originId(url), url: url + base };
  let slowStartSeconds = 0;
  if (method.kind === "nginx" && method.affinity.algorithm === "nginx-chash") origin.nginxServer = address;
  const named = method.kind === "nginx" && method.affinity.algorithm !== "nginx-chash" && !isAddress(host);
  if (named && !oneAddress) {
    refuse(
      `server ${address}: nginx gives each address of a name a place of its own, and only the resolver knows how many ` +
        "there are; if each name of this file has one address, say so with --one-address",
    );
  }

  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split(/=(.*)/s);
    if (name === "weight") origin.weight = Number(value);
    else if (name === "down") origin.down = true;
    else if (name === "backup") origin.backup = true;
    else if (name === "route") origin.route = value;
    else if (name === "slow_start") {
      slowStartSeconds = Math.min(Math.ceil((milliseconds(value, "s") ?? 0) / 1_000), MOST_SLOW_START_SECONDS);
      if (method.kind === "nginx") note(`${parameter} is not carried over: nginx itself ignores it with a hash`);
      else
        note(
          `${parameter} becomes slowStartSeconds of the pool: it starts when an origin opens, and not when it is back`,
        );
    } else if (name in NOT_CARRIED) note(`${parameter} is not carried over: ${NOT_CARRIED[name]}`);
    else if (name === "drain") refuse("drain: which sessions the server still has is known to nginx alone");
    else if (name === "resolve" || name === "service") {
      if (method.kind === "nginx")
        refuse(`${parameter}: the addresses, and so the mapping, change with the resolver's answers`);
      else note(`${parameter} is not carried over: a Worker resolves names itself`);
    } else refuse(`${parameter}: not a parameter of server that is known here`);
  }
  if (method.kind === "sticky-cookie" && origin.route === undefined) {
    if (isAddress(host))
      origin.route = createHash("md5")
        .update(`${host}:${port ?? 80}`)
        .digest("hex");
    else
      note(
        `server ${address}: sticky cookie names a server without route= by its address, and only the resolver knows it; ` +
          "so its visitors go by the session of Moor (whrw1), and move once",
      );
  }
  return { origin, slowStartSeconds, refused, notes };
}

function readAddress(text: string): { host: string; port: number | undefined } | undefined {
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[^:/[\]]+)(?::(\d+))?$/i.exec(text) ?? [];
  if (host === undefined || !URL.canParse(`http://${text}`)) return undefined;
  return { host, port: port === undefined ? undefined : Number(port) };
}

function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

import type { OriginConfig } from "../../../src/config/pool-types.ts";
import { routeName } from "../../../src/settings/grammar.ts";
import { milliseconds } from "../durations.ts";
import { uniqueId } from "../ids.ts";
import type { Place, Remark } from "../remark.ts";
import { allOf, type Line, type Section } from "./sections.ts";

/** The servers of a section as origins. */
export interface ReadServers {
  readonly origins: readonly OriginConfig[];
  /** The parameters of the first server that is checked. */
  readonly check: ReadonlyMap<string, string> | undefined;
  readonly slowStartSeconds: number;
  readonly refused: readonly Remark[];
  readonly notes: readonly Remark[];
}

/** Parameters that are followed by a value. */
const WITH_VALUE = new Set(
  (
    "addr agent-addr agent-inter agent-port agent-send alpn ca-file check-alpn check-proto check-sni ciphers ciphersuites cookie crl-file crt " +
    "curves downinter error-limit fall fastinter force-tlsv id init-addr inter log-proto max-reuse maxconn maxqueue minconn namespace npn " +
    "observe on-error on-marked-down on-marked-up pool-low-conn pool-max-conn pool-purge-delay port proto redir resolve-net resolve-opts " +
    "resolve-prefer resolvers rise send-proxy-v2-ssl sni slowstart socks4 source ssl-max-ver ssl-min-ver tcp-ut track verify verifyhost weight ws " +
    "proxy-v2-options set-proxy-v2-tlv-fmt shard"
  ).split(" "),
);

/** Parameters whose loss a note tells. */
const NOTED: Record<string, string> = {
  maxconn: "no isolate knows how busy an origin is",
  minconn: "no isolate knows how busy an origin is",
  maxqueue: "Moor has no queue",
  "send-proxy": "Cloudflare speaks no PROXY protocol to origins; servers find the client's address in X-Forwarded-For",
  "send-proxy-v2":
    "Cloudflare speaks no PROXY protocol to origins; servers find the client's address in X-Forwarded-For",
  verify: "Cloudflare checks certificates as its zone says",
  redir: "Moor redirects nobody",
  track: "each pool checks its own origins",
  observe: "Moor ejects an origin that answers neither a request nor a check",
  "agent-check": "Moor asks no agent; see Moor-Closed, by which an origin closes itself",
  port: "probes go to the origin's url",
  addr: "probes go to the origin's url",
};

/** Reads the `server` lines of a section. `noted`: whether remarks are wanted. */
export function readServers(section: Section): ReadServers {
  const refused: Remark[] = [];
  const notes: Remark[] = [];
  const ids = new Set<string>();
  const defaults = allOf(section.lines, "default-server").flatMap(({ words }) => words.slice(1));
  const servers = [...allOf(section.lines, "server"), ...allOf(section.lines, "server-template")].map((line) => {
    const isTemplate = line.words[0] === "server-template";
    const [name = "", ...rest] = line.words.slice(1);
    const [address = "", ...words] = isTemplate ? rest.slice(1) : rest;
    if (isTemplate) {
      notes.push({
        ...placeOf(line),
        text: `server-template ${name}: all of its servers become one origin, because they share a name`,
      });
    }
    const parameters = parametersOf([...defaults, ...words]);
    for (const [parameter, text] of Object.entries(NOTED)) {
      if (parameters.has(parameter))
        notes.push({ ...placeOf(line), text: `${parameter} is not carried over: ${text}` });
    }
    return {
      line,
      parameters,
      origin: originOf({ name, address, parameters, ids }, placeOf(line), { refused, notes }),
    };
  });
  const checked = servers.find(({ parameters }) => parameters.has("check"));
  const slow = servers.map(({ parameters }) =>
    Math.ceil((milliseconds(parameters.get("slowstart") ?? "0", "ms") ?? 0) / 1_000),
  );
  return {
    origins: servers.flatMap(({ origin }) => origin ?? []),
    check: checked?.parameters,
    slowStartSeconds: Math.min(Math.max(0, ...slow), 86_400),
    refused,
    notes,
  };
}

function placeOf({ file, line }: Line): Place {
  return { file, line };
}

function parametersOf(words: readonly string[]): Map<string, string> {
  const parameters = new Map<string, string>();
  for (let at = 0; at < words.length; at++) {
    const name = words[at] as string;
    // A later word takes back a default.
    if (name.startsWith("no-")) parameters.delete(name.slice(3));
    else if (name === "enabled") parameters.delete("disabled");
    else parameters.set(name, WITH_VALUE.has(name) ? (words[++at] ?? "") : "");
  }
  return parameters;
}

interface Server {
  readonly name: string;
  readonly address: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly ids: Set<string>;
}

function originOf(
  { name, address, parameters, ids }: Server,
  place: Place,
  remarks: { refused: Remark[]; notes: Remark[] },
): OriginConfig | undefined {
  const scheme = parameters.has("ssl") ? "https" : "http";
  const url = urlOf(address, scheme);
  if (url === undefined) {
    const text = `server ${name} ${address}: a Worker reaches host names and ports alone; give this server a name or an address with a port`;
    remarks.refused.push({ ...place, text });
    return undefined;
  }
  const origin: OriginConfig = { id: uniqueId(name, ids), url };
  const weight = Number(parameters.get("weight") ?? 1);
  const route = parameters.get("cookie");
  if (weight > 0 && weight !== 1) origin.weight = weight;
  if (weight === 0) {
    remarks.notes.push({
      ...place,
      text: `server ${name}: weight 0 becomes down: true, so visitors with its cookie leave it as well`,
    });
  }
  if (weight === 0 || parameters.has("disabled")) origin.down = true;
  if (parameters.has("backup")) origin.backup = true;
  if (route !== undefined && route !== origin.id && routeName.accepts(route)) origin.route = route;
  return origin;
}

/** The URL of an address; `undefined` for sockets, variables and ports that depend on the client's. */
function urlOf(address: string, scheme: "http" | "https"): string | undefined {
  const bare = address.replace(/^ipv[46]@/, "");
  const [, host = "", port] = /^(\[[0-9a-f:.]+\]|[0-9a-f:]*:[0-9a-f:]+(?=:\d+$)|[\w.-]+)(?::(\d+))?$/i.exec(bare) ?? [];
  if (host === "") return undefined;
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const implied = scheme === "https" ? "443" : "80";
  const url = `${scheme}://${name}${port === undefined || port === implied ? "" : `:${port}`}`;
  return URL.canParse(url) ? url : undefined;
}

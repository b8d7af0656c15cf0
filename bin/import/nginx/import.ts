import { withClientHosts } from "../client-host.ts";
import type { Draft } from "../draft.ts";
import { remarksOn, type Setting } from "../fates.ts";
import { exactMatch, intersection, type Match, prefixMatch } from "../match.ts";
import type { Remark } from "../remark.ts";
import { type Rule, routesOf } from "../rules.ts";
import { ownOf } from "./blocks.ts";
import type { Directive, NginxConfig } from "./directives.ts";
import { DIRECTIVE_FATES, UPSTREAM_FATES } from "./fates.ts";
import { headerNotes } from "./headers.ts";
import { flattened, type Location, locationFor, partsOf, readLocations, samplePath } from "./locations.ts";
import { passingLocation, type Surroundings, type Way, waysOf } from "./passes.ts";
import { createPools } from "./pools.ts";
import { inOrder, readVirtualServers, type VirtualServer } from "./virtual-servers.ts";

/** Reads a configuration of nginx: each `upstream` as a pool, and each location that passes to servers as a route. */
export function importNginx({ directives, remarks }: NginxConfig, options: { readonly oneAddress: boolean }): Draft {
  const pools = createPools(directives, options);
  const { servers, fallback, notes: aboutServers } = readVirtualServers(directives, passesOn);
  const notes: Remark[] = [...remarks, ...aboutServers];
  const named = inOrder(servers.flatMap(({ hosts }) => hosts));
  const rules = [
    ...named.flatMap((host) => {
      const server = servers.find(({ hosts }) => hosts.includes(host)) as VirtualServer;
      const isNeeded = server !== fallback || servers.some((other) => other !== server && takesToo(other, host));
      return isNeeded ? rulesOf(server, host, { all: directives, pools }, notes) : [];
    }),
    ...(fallback ? rulesOf(fallback, undefined, { all: directives, pools }, notes) : []),
  ];
  const { routes, notes: aboutRules } = routesOf(rules);
  const read = pools.read();
  const { pools: finished, notes: aboutHosts } = withClientHosts(read.pools, routes, read.clientHosts);
  const settings = [...settingsIn(directives)];
  return {
    pools: finished,
    routes,
    refused: read.refused,
    notes: [
      ...notes,
      ...aboutRules,
      ...read.notes,
      ...aboutHosts,
      ...headerNotes(directives),
      ...remarksOn(settings, [...DIRECTIVE_FATES, ...UPSTREAM_FATES]),
    ],
  };
}

function takesToo({ hosts }: VirtualServer, host: string): boolean {
  return hosts.some((other) => other.startsWith("*") && host.endsWith(other.slice(1)));
}

function locationsOf({ block, around }: VirtualServer): Location[] {
  const locations = readLocations(block, around);
  if (locations.some(({ kind, text }) => kind === "prefix" && text === "/")) return locations;
  const { file, line } = block;
  const blocks = [...around, block];
  const root: Location = {
    kind: "prefix",
    text: "/",
    isFinal: false,
    paths: undefined,
    inside: [],
    name: "the server",
    file,
    line,
    blocks,
  };
  return [...locations, root];
}

/** Whether a server hands requests to other servers. */
function passesOn(server: VirtualServer): boolean {
  if (ownOf(server.block, "return").length > 0) return false;
  const locations = flattened(locationsOf(server));
  return locations.some((location) => location.kind !== "named" && passingLocation(location, locations));
}

type Around = Omit<Surroundings, "named">;

/** The rules of a server for one of its hosts; `undefined`: for every host. */
function rulesOf(server: VirtualServer, host: string | undefined, around: Around, notes: Remark[]): Rule[] {
  const locations = locationsOf(server);
  const all = flattened(locations);
  const surroundings = { ...around, named: all.filter(({ kind }) => kind === "named") };
  for (const { kind, paths, name, file, line } of all) {
    if (kind !== "expression" || paths) continue;
    const text = `${name} is not carried over: a route has no regular expression, so its requests go by the other locations`;
    notes.push({ file, line, text });
  }
  return partsOf(locations).flatMap((part) => {
    const location = locationFor(samplePath(part), locations);
    if (!location) return [];
    const { file, line, name } = location;
    const { ways, notes: aboutWays } = waysOf(location, surroundings);
    notes.push(...aboutWays);
    const path = part.kind === "exact" ? exactMatch(part.text) : prefixMatch(part.text);
    if (!path) {
      notes.push({ file, line, text: `${name}: no pattern of a route can hold the path ${part.text}` });
      return [];
    }
    const match: Match = {
      ...(redirectsToSlash(location, part.text, all) ? { path: path.path } : path),
      ...(host && { host }),
    };
    return ways.flatMap(({ match: some, target }: Way) => {
      const both = intersection(match, some);
      return both ? [{ name, file, line, match: both, target }] : [];
    });
  });
}

/**
 * nginx redirects `/api` to `/api/` if a location of that path passes to servers, and no location has the path `/api` itself. So both are
 * requests for these servers.
 */
function redirectsToSlash({ kind, text, blocks }: Location, part: string, all: readonly Location[]): boolean {
  const isTaken = all.some((other) => other.kind === "prefix" && `${other.text}/` === part);
  const passes = ownOf(blocks.at(-1), "proxy_pass").length > 0;
  return kind === "prefix" && text === part && text.endsWith("/") && passes && !isTaken;
}

/** Directives whose note shows their arguments, because these say which requests are concerned. */
const SHOWN_WHOLE = ["rewrite", "if"];
const BLOCKS_TO_READ = ["http", "server", "location", "upstream"];

function* settingsIn(directives: readonly Directive[]): Generator<Setting> {
  for (const { name, args, file, line, block } of directives) {
    yield { name, file, line, ...(SHOWN_WHOLE.includes(name) && { shown: [name, ...args].join(" ") }) };
    if (block && BLOCKS_TO_READ.includes(name)) yield* settingsIn(block);
  }
}

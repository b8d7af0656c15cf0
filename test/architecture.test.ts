import { describe, expect, it } from "vitest";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import { buildFlagOf, ROW_STORES } from "../src/row-stores/registry.ts";

type Files = Readonly<Record<string, string>>;

const sources = import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true });
const [architecture = ""] = Object.values(
  import.meta.glob<string>("../docs/architecture.md", { query: "?raw", import: "default", eager: true }),
);
const files: Files = Object.fromEntries(
  Object.entries(sources).map(([path, text]) => [path.slice("../src/".length), text]),
);

/**
 * The rooms of `src/`, from the ground up. A room imports itself and the rooms above it in this list, and nothing else.
 * Each line names the contents of a room, and the process that runs it.
 */
const ROOMS: Readonly<Record<string, string>> = {
  lib: "leaves that know nothing of Moor; every process",
  errors: "the errors that clients see, and their codes; the edge",
  log: "log lines and their events; every process of the Worker",
  totals: "counts of isolates, their sums, and their text; the edge, and pool objects",
  affinity: "algorithms from a key to an order of origins; the edge, and the `moor` command",
  balancers: "how other balancers name a server in a cookie, a file for each; the edge, and the `moor` command",
  settings: "the grammar of settings, and mistakes in them; the edge, and the `moor` command",
  redis: "the client of Redis over its REST protocol; every process of the Worker",
  carriers: "the ways in which a token travels, each with its settings and its code; the edge, and the `moor` command",
  "row-stores":
    "stores that may keep the rows of sessions, each with its settings and its code; the edge, and the `moor` command",
  "old-formats":
    "sessions of other frameworks that Moor reads by itself: their cookies, stores and keys; the edge, and the `moor` command",
  config: "schema, defaults, checks; the edge, and the `moor` command",
  inbound: "the client of a request: address, token, credentials; the edge",
  session: "pure rules of records, changes, journals, freshness; the edge, and session objects",
  store: "the stores of sessions as the edge reaches them; the edge, and the cron job",
  upstream: "routes, pools, health, sending; the edge",
  objects: "the code inside Durable Objects, a folder for each class, and how the edge calls them",
  rows: "the authority on rows of another store than Durable Objects; the edge, and the cron job",
  observe: "facts, signals, log lines, metrics of a request; the edge",
  request: "the steps of one request; the edge",
  adoption: "sessions of old applications that move in; the edge",
  login: "guards on routes, and logins at an OpenID Connect provider; the edge",
  api: "everything under `/.moor/`; the edge",
  moor: "a request from its arrival to its response; the edge",
  wiring: "from bindings to parts; the edge, and the cron job",
  serve: "the Worker outside Cloudflare: what stands in for the platform; plain workerd",
  hono: "the middleware for Workers of one's own; the edge",
  worker: "the Worker that a deploy makes; the edge",
  index: "the exports of the package",
};
/** Code that runs in servers of users. It imports nothing of the Worker. */
const SDK = "sdk";
/** Rooms that use a part of the SDK. */
const ON_SDK = ["hono"];
/** The rooms and files that decide. They run without a platform. */
const CORE = ["affinity/", "inbound/token/token.ts", "inbound/token/proof.ts", "session/"];
const PLATFORM = /^(cloudflare:|hono|@cloudflare\/|workerd)/;
const PLATFORM_TYPES = /\b(DurableObject\w*|KVNamespace\w*|ExecutionContext|ExportedHandler|Fetcher)\b/;

/** The modules that a source imports or exports from: paths below `src/`, or packages as they are named. */
function importsOf(path: string, text: string, { dynamic: alsoDynamic = true } = {}): string[] {
  const specifiers = text.matchAll(/^(?:import|export)\b[^"';]*?(?:from\s*)?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm);
  return Array.from(specifiers).flatMap(([, declared, dynamic]) => {
    const specifier = declared ?? (alsoDynamic ? dynamic : undefined);
    if (specifier === undefined) return [];
    return specifier.startsWith(".")
      ? new URL(specifier, `file:///src/${path}`).pathname.slice("/src/".length)
      : specifier;
  });
}

function partOf(path: string): string {
  return (path.split("/")[0] as string).replace(/\.ts$/, "");
}

/** Imports that point down the list, into or out of the SDK, or to a room that is not in the list. */
function wrongImports(given: Files): string[] {
  const rooms = Object.keys(ROOMS);
  const mayImport = (from: string, to: string) => {
    if (from === to) return true;
    if (to === SDK) return ON_SDK.includes(from);
    return rooms.includes(from) && rooms.includes(to) && rooms.indexOf(to) < rooms.indexOf(from);
  };
  return Object.entries(given).flatMap(([path, text]) =>
    importsOf(path, text)
      .filter((target) => target in given && !mayImport(partOf(path), partOf(target)))
      .map((target) => `${path} imports ${target}`),
  );
}

/** The files that import each other in a circle, each circle once, by its first file. */
function cyclesIn(given: Files): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  function visit(path: string, trail: readonly string[]): void {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(" > "));
    if (at >= 0 || done.has(path)) return;
    for (const target of importsOf(path, given[path] ?? "")) if (target in given) visit(target, [...trail, path]);
    done.add(path);
  }
  for (const path of Object.keys(given)) visit(path, []);
  return found;
}

/** Everything that must be there before a file can run, itself first. A module that code imports while it runs is not among it. */
function reachedFrom(path: string, given: Files, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const target of importsOf(path, given[path] ?? "", { dynamic: false })) reachedFrom(target, given, seen);
  return seen;
}

/** The parts of a platform that files of the core need, directly or through other files. */
function impurities(given: Files): string[] {
  const core = Object.keys(given).filter((path) => CORE.some((prefix) => path.startsWith(prefix)));
  return core.flatMap((path) =>
    [...reachedFrom(path, given)]
      .filter((target) => PLATFORM.test(target) || PLATFORM_TYPES.test(given[target] ?? ""))
      .map((target) => `${path} needs ${target}`),
  );
}

it("docs/architecture.md lists the rooms in this order", () => {
  const [, table = ""] = /\| room \| holds \| process \|\n((?:\|.*\n)+)/.exec(architecture) ?? [];
  expect(Array.from(table.matchAll(/^\| \[([\w-]+)(?:\.ts|\/)\]/gm), ([, room]) => room)).toEqual(Object.keys(ROOMS));
});

describe("imports", () => {
  it("point up the list of rooms, and the SDK stands alone", () => expect(wrongImports(files)).toEqual([]));

  it("make no circle, not even of types", () => expect(cyclesIn(files)).toEqual([]));

  it("fail this test when two files import each other", () =>
    expect(cyclesIn({ "a.ts": 'import "./b.ts"', "b.ts": 'import type { A } from "./a.ts"' })).toEqual([
      "a.ts > b.ts > a.ts",
    ]));

  it("are found by this test, whatever their form", () => {
    const text = `import a from "./a.ts";
import {
  type B,
  c,
} from "../session/c.ts";
import type { D } from "hono";
import "./e.ts";
export * from "./f.ts";
export { g } from "./g.ts";
const h = await import("./h.ts");
const text = 'from "./no.ts"';`;
    expect(importsOf("store/x.ts", text)).toEqual([
      "store/a.ts",
      "session/c.ts",
      "hono",
      "store/e.ts",
      "store/f.ts",
      "store/g.ts",
      "store/h.ts",
    ]);
  });

  it.each<[string, Files]>([
    ["points down the list", { "inbound/a.ts": 'import "../session/b.ts"', "session/b.ts": "" }],
    ["points down to a file at the root", { "api/a.ts": 'export * from "../moor.ts"', "moor.ts": "" }],
    ["leaves a leaf", { "log.ts": 'import "./config/b.ts"', "config/b.ts": "" }],
    ["leaves the SDK", { "sdk/origin/a.ts": 'import "../../log.ts"', "log.ts": "" }],
    ["enters the SDK", { "worker.ts": 'import "./sdk/origin/b.ts"', "sdk/origin/b.ts": "" }],
    ["leaves a room that is not in the list", { "util/a.ts": 'import "../log.ts"', "log.ts": "" }],
    ["enters a room that is not in the list", { "worker.ts": 'import "./util/b.ts"', "util/b.ts": "" }],
  ])("fail this test when an import %s", (_name, given) => expect(wrongImports(given)).toHaveLength(1));
});

it("what stands in for Cloudflare is in no Worker that runs there", () => {
  const onCloudflare = ["worker.ts", "index.ts", "hono/index.ts"].flatMap((path) => [...reachedFrom(path, files)]);
  expect(onCloudflare.filter((path) => path.startsWith("serve/"))).toEqual([]);
  expect(reachedFrom("serve/served.ts", files)).toContain("moor.ts");
});

describe("the core", () => {
  it("is there", () => {
    for (const prefix of CORE)
      expect(
        Object.keys(files).some((path) => path.startsWith(prefix)),
        prefix,
      ).toBe(true);
  });

  it("needs nothing of Workers and nothing of hono, not even through others", () =>
    expect(impurities(files)).toEqual([]));

  it.each<[string, Files]>([
    ["imports hono", { "session/a.ts": 'import { Hono } from "hono"' }],
    ["imports it through another", { "session/a.ts": 'import "../log.ts"', "log.ts": 'import "cloudflare:workers"' }],
    ["names a type of Workers", { "affinity/a.ts": "let objects: DurableObjectNamespace;" }],
  ])("fails this test when it %s", (_what, given) => expect(impurities(given)).toHaveLength(1));
});

describe("files", () => {
  it("have 300 lines at most, in src/ and around it", () => {
    const around = import.meta.glob<string>("../{bench,bin,demo,emulation,sim,test}/**/*.ts", {
      query: "?raw",
      import: "default",
      eager: true,
    });
    const long = Object.entries({ ...sources, ...around }).filter(([, text]) => text.split("\n").length > 301);
    expect(long.map(([path]) => path)).toEqual([]);
  });

  it("have 150 lines at most where a reader begins: src/moor.ts", () => {
    expect(files["moor.ts"]?.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  });

  it("have names of small letters and dashes", () => {
    const names = Object.keys(files).flatMap((path) => path.split("/"));
    expect(names.filter((name) => !/^[a-z0-9-]+((\.d)?\.ts)?$/.test(name))).toEqual([]);
  });
});

describe("a store of rows", () => {
  const tools = import.meta.glob<string>(["../bin/**/*.ts", "!../bin/import/**"], {
    query: "?raw",
    import: "default",
    eager: true,
  });

  const FALLBACK_TYPES: readonly string[] = ["redis", "redis-tcp"] satisfies ResolvedConfig["stores"]["fallback"][];

  /** The files that name a store beside its own file and the registry. A store that is also a fallback may be named as that. */
  function strangersTo(type: string, given: Files): string[] {
    const names = [buildFlagOf(type), ...(FALLBACK_TYPES.includes(type) ? [] : [`"${type}"`])];
    const isOwn = (path: string) => /^\.\.\/(src\/row-stores|bin\/stores)\//.test(path);
    return Object.keys(given).filter((path) => !isOwn(path) && names.some((name) => given[path]?.includes(name)));
  }

  it.each(Object.keys(ROW_STORES))("is one file and one line: %s", (type) => {
    const own = files[`row-stores/${type}.ts`];
    expect(own).toContain(`const ${buildFlagOf(type)}: boolean | undefined;`);
    expect(own).toContain(`typeof ${buildFlagOf(type)} === "undefined" || ${buildFlagOf(type)}`);
    expect(strangersTo(type, { ...sources, ...tools })).toEqual([]);
  });

  it.each([
    ["../src/config/checks/authority.ts", 'if (type === "d1") return [];'],
    ["../src/lib/build-flags.ts", "const MOOR_D1_ROWS: boolean | undefined;"],
    ["../bin/left-out.ts", "MOOR_D1_ROWS: ({ stores }) => undefined,"],
  ])("fails this test when %s names it", (path, text) => expect(strangersTo("d1", { [path]: text })).toEqual([path]));
});

import { describe, expect, it } from "vitest";

type Files = Readonly<Record<string, string>>;

const sources = import.meta.glob<string>("../src/**/*.ts", { query: "?raw", import: "default", eager: true });
const files: Files = Object.fromEntries(
  Object.entries(sources).map(([path, text]) => [path.slice("../src/".length), text]),
);

/** From the ground up: a part imports itself and what stands before it. */
const PARTS = [
  "config",
  "inbound",
  "session",
  "store",
  "scheduled",
  "upstream",
  "commit",
  "token-for",
  "conclude",
  "request-facts",
  "explain",
  "request-line",
  "data-point",
  "counters",
  "opening",
  "repost",
  "links",
  "respond",
  "logout",
  "hono",
  "admin",
  "moor-parts",
  "signals",
  "writers",
  "moor",
  "handler",
  "worker",
  "index",
] as const;
/** Parts that use what origins are given; `express` uses nothing else. */
const ON_ORIGIN = ["express", "hono"];
/** Leaves that any part may import; they import nothing. */
const LEAVES = ["bounded-map", "deadline", "errors", "html", "ip-address", "left-out", "log"];
/** What decides, without a platform below it. */
const CORE = ["inbound/token.ts", "inbound/proof.ts", "session/", "upstream/affinity/"];
const PLATFORM = /^(cloudflare:|hono|@cloudflare\/|workerd)/;
const PLATFORM_TYPES = /\b(DurableObject\w*|KVNamespace\w*|ExecutionContext|ExportedHandler|Fetcher)\b/;

/** The modules that a source imports or exports from: paths below `src/`, or packages as they are named. */
function importsOf(path: string, text: string): string[] {
  const specifiers = text.matchAll(/^(?:import|export)\b[^"';]*?(?:from\s*)?"([^"]+)"|\bimport\(\s*"([^"]+)"/gm);
  return Array.from(specifiers, ([, declared, dynamic]) => {
    const specifier = (declared ?? dynamic) as string;
    return specifier.startsWith(".")
      ? new URL(specifier, `file:///src/${path}`).pathname.slice("/src/".length)
      : specifier;
  });
}

function partOf(path: string): string {
  return (path.split("/")[0] as string).replace(/\.ts$/, "");
}

/** Imports that point back, sideways out of `origin` and `express`, or to where nothing is known to stand. */
function wrongImports(given: Files): string[] {
  const mayImport = (from: string, to: string) => {
    if (from === to) return true;
    if (to === "origin") return ON_ORIGIN.includes(from);
    if (LEAVES.includes(from) || from === "origin" || from === "express") return false;
    const [own, other] = [from, to].map((part) => PARTS.indexOf(part as (typeof PARTS)[number]));
    return own !== -1 && (LEAVES.includes(to) || (other !== -1 && (other as number) < (own as number)));
  };
  return Object.entries(given).flatMap(([path, text]) =>
    importsOf(path, text)
      .filter((target) => target in given && !mayImport(partOf(path), partOf(target)))
      .map((target) => `${path} imports ${target}`),
  );
}

/** Everything that a file needs, itself first. */
function reachedFrom(path: string, given: Files, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const target of importsOf(path, given[path] ?? "")) reachedFrom(target, given, seen);
  return seen;
}

/** What the core needs of a platform, though through others. */
function impurities(given: Files): string[] {
  const core = Object.keys(given).filter((path) => CORE.some((prefix) => path.startsWith(prefix)));
  return core.flatMap((path) =>
    [...reachedFrom(path, given)]
      .filter((target) => PLATFORM.test(target) || PLATFORM_TYPES.test(given[target] ?? ""))
      .map((target) => `${path} needs ${target}`),
  );
}

describe("imports", () => {
  it("point one way; origin/ stands alone, and express/ on it", () => expect(wrongImports(files)).toEqual([]));

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
    ["points back", { "inbound/a.ts": 'import "../session/b.ts"', "session/b.ts": "" }],
    ["points back to a file at the root", { "admin/a.ts": 'export * from "../moor.ts"', "moor.ts": "" }],
    ["leaves a leaf", { "log.ts": 'import "./config/b.ts"', "config/b.ts": "" }],
    ["leaves origin/", { "origin/a.ts": 'import "../log.ts"', "log.ts": "" }],
    ["leaves express/ for what is not origin/", { "express/a.ts": 'import "../log.ts"', "log.ts": "" }],
    ["enters origin/", { "worker.ts": 'import "./origin/b.ts"', "origin/b.ts": "" }],
    ["leaves a part that this list does not know", { "util/a.ts": 'import "../log.ts"', "log.ts": "" }],
    ["enters one", { "worker.ts": 'import "./util/b.ts"', "util/b.ts": "" }],
  ])("fail this test when one %s", (_what, given) => expect(wrongImports(given)).toHaveLength(1));
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
    ["names a type of Workers", { "upstream/affinity/a.ts": "let objects: DurableObjectNamespace;" }],
  ])("fails this test when it %s", (_what, given) => expect(impurities(given)).toHaveLength(1));
});

describe("files", () => {
  it("have 300 lines at most", () => {
    const long = Object.entries(files).filter(([, text]) => text.split("\n").length > 301);
    expect(long.map(([path]) => path)).toEqual([]);
  });

  it("have names of small letters and dashes", () => {
    const names = Object.keys(files).flatMap((path) => path.split("/"));
    expect(names.filter((name) => !/^[a-z0-9-]+(\.ts)?$/.test(name))).toEqual([]);
  });
});

import { Agent, get } from "node:http";
import fc from "fast-check";
import { readConfig } from "../../../../src/config/read.ts";
import type { RouteConfig } from "../../../../src/config/types.ts";
import { createGuard } from "../../../../src/login/guard.ts";
import { createRoutes } from "../../../../src/upstream/routes.ts";
import { hostilePaths } from "../../../login/hostile-paths.ts";
import { type PathOrigin, SECRET } from "./path-origin.ts";

/** The result of a search for paths that come past a guard. */
export interface Search {
  /** How many paths were tried. */
  readonly tried: number;
  /** Of these, how many no guard holds back, so that the servers were asked for them. */
  readonly open: number;
  /** Paths that a server answers with a secret page though no guard holds them back, each with the server's name. */
  readonly leaks: readonly string[];
  /** For each server, how many of the sampled guarded paths it answers with a secret page. */
  readonly secretsBehindGuards: Readonly<Record<string, number>>;
}

/** How many of the guarded paths are sent all the same, which shows that the paths would find a hole. */
const SAMPLE = 400;
const AT_ONCE = 16;

/** The site is open except for `/admin`, or closed except for `/public`. */
const SITES: readonly { require: "none" | "login"; routes: RouteConfig[] }[] = [
  {
    require: "none",
    routes: [
      { path: "/admin/*", pool: "shop", require: "login" },
      { path: "/*", pool: "shop" },
    ],
  },
  {
    require: "login",
    routes: [
      { path: "/public/*", pool: "shop", require: "none" },
      { path: "/*", pool: "shop" },
    ],
  },
];

/** Sends hostile paths to servers, past the guard that Moor would hold before them. */
export async function searchHoles(origins: readonly PathOrigin[], count: number, seed: number): Promise<Search> {
  const isOpen = SITES.map(guardOf);
  const paths = [...new Set(fc.sample(hostilePaths, { numRuns: count, seed }))];
  const open = paths.filter((path) => isOpen.some((opens) => opens(path)));
  const guarded = paths.filter((path) => !open.includes(path)).slice(0, SAMPLE);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const leaks: string[] = [];
  const secrets: Record<string, number> = {};
  for (const { name, port } of origins) {
    const served = async (given: readonly string[]) => {
      const texts = await Promise.all(given.map((path) => ask(port, path, agent)));
      return given.filter((_, at) => texts[at]?.includes(SECRET));
    };
    for (let from = 0; from < open.length; from += AT_ONCE * 8) {
      for (const path of await served(open.slice(from, from + AT_ONCE * 8))) leaks.push(`${name}: ${path}`);
    }
    secrets[name] = (await served(guarded)).length;
  }
  agent.destroy();
  return { tried: paths.length, open: open.length, leaks, secretsBehindGuards: secrets };
}

/** Whether Moor would send a path to the servers without a login. */
function guardOf({ require, routes }: (typeof SITES)[number]): (pathname: string) => boolean {
  const read = readConfig({
    pools: [{ id: "shop", origins: [{ id: "a", url: "https://a.internal" }] }],
    login: { issuer: "https://id.example.com", clientId: "moor" },
    require,
    routes,
  });
  if (read.kind !== "ok") throw new Error("the configuration of the search is wrong");
  const guard = createGuard(read.config);
  const { match } = createRoutes(read.config.routes);
  return (pathname) => {
    const facts = { host: "shop.test", pathname, method: "GET", headers: new Headers() };
    const route = match(facts);
    const asked = route && guard.requiredBy(facts, route);
    return asked !== undefined && asked !== "unreadable" && asked.required === undefined;
  };
}

function ask(port: number, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}

import { type ClientHost, withClientHosts } from "../client-host.ts";
import type { Draft } from "../draft.ts";
import { fateOf, remarksOn, type Setting } from "../fates.ts";
import { uniqueId } from "../ids.ts";
import type { Remark } from "../remark.ts";
import { routesOf, type Target } from "../rules.ts";
import { type ReadBackend, readBackend } from "./backends.ts";
import { LINE_FATES, SECTION_FATES } from "./fates.ts";
import { chooseFrontend, rulesOf } from "./frontends.ts";
import { allOf, lastOf, readSections, type Section } from "./sections.ts";

/**
 * Imports a configuration of HAProxy: each backend that is used as a pool, and the rules of a frontend as routes.
 *
 * @throws ImportSyntaxError; or the error of the file system, if the file cannot be read.
 */
export async function importHaproxy(file: string): Promise<Draft> {
  const sections = await readSections(file);
  const proxies = sections.filter(({ kind }) => ["frontend", "backend", "listen"].includes(kind));
  const notes: Remark[] = proxies.filter((section) => !isHttp(section)).map(withoutHttp);
  const http = proxies.filter(isHttp);
  const { frontend, notes: aboutFrontends } = chooseFrontend(http.filter(({ kind }) => kind !== "backend"));
  const ids = new Set<string>();
  const read = new Map<string, ReadBackend>();

  function targetOf(name: string): Target | string {
    const known = read.get(name);
    if (known) return { pool: known.pool.id, ...known.settings };
    const backend = http.find((section) => section.kind !== "frontend" && section.name === name);
    if (!backend) return `leads to ${name}, and there is no such backend of http`;
    if ([...allOf(backend.lines, "server"), ...allOf(backend.lines, "server-template")].length === 0) {
      return `leads to ${name}, which has no server`;
    }
    const made = readBackend(backend, uniqueId(name, ids));
    read.set(name, made);
    return { pool: made.pool.id, ...made.settings };
  }

  const { rules, notes: aboutConditions } = frontend ? rulesOf(frontend, targetOf) : { rules: [], notes: [] };
  const { routes, notes: aboutRules } = routesOf(rules);
  const backends = http.filter(({ kind }) => kind === "backend");
  if (!frontend) for (const { name } of backends) targetOf(name);
  const unused = backends.filter(({ name }) => !read.has(name)).map(withoutRule);
  const made = [...read.values()];
  const clientHosts = [...read].map(
    ([name, { pool }]): ClientHost => ({ pool: pool.id, ...placeOf(http.find((each) => each.name === name)) }),
  );
  const { pools, notes: aboutHosts } = withClientHosts(
    made.map(({ pool }) => pool),
    routes,
    clientHosts,
  );
  return {
    pools,
    routes,
    refused: made.flatMap(({ refused }) => refused),
    notes: [
      ...notes,
      ...aboutFrontends,
      ...aboutConditions,
      ...aboutRules,
      ...unused,
      ...made.flatMap((each) => each.notes),
      ...aboutHosts,
      ...remarksOn([...settingsIn(sections)], [...LINE_FATES, ...SECTION_FATES]),
    ],
  };

  function placeOf(section: Section | undefined) {
    return { file, line: section?.line ?? 1 };
  }
}

function isHttp({ lines }: Section): boolean {
  return lastOf(lines, "mode")?.args[0] === "http";
}

function withoutHttp({ file, line, kind, name, lines }: Section): Remark {
  const mode = lastOf(lines, "mode")?.args[0];
  return {
    file,
    line,
    text: `${kind} ${name} is left out: it has ${mode === undefined ? "no mode, which is tcp" : `mode ${mode}`}, and Moor speaks HTTP alone`,
  };
}

function withoutRule({ file, line, name }: Section): Remark {
  return { file, line, text: `backend ${name} is left out: no rule leads to it` };
}

/** The first word of a line names its fate, or the first two do. */
function* settingsIn(sections: readonly Section[]): Generator<Setting> {
  for (const { kind, file, line, own } of sections) {
    yield { name: kind, file, line };
    // A section with a fate of its own is told as a whole.
    if (!["defaults", "frontend", "backend", "listen"].includes(kind)) continue;
    for (const { words, ...place } of own) {
      const two = words.slice(0, 2).join(" ");
      const isKnownByTwo = fateOf(two, LINE_FATES) !== undefined;
      const shown = words.join(" ");
      yield { name: isKnownByTwo ? two : (words[0] ?? ""), ...place, ...(isNotedWhole(two) && { shown }) };
    }
  }
}

function isNotedWhole(name: string): boolean {
  return /^(?:http-(?:request|response|after-response)|redirect|use-server|tcp-request) ?/.test(name);
}

import { ANY } from "../match.ts";
import type { Remark } from "../remark.ts";
import type { Rule, Target } from "../rules.ts";
import { readCondition } from "./conditions.ts";
import { allOf, type Line, lastOf, type Section } from "./sections.ts";

/** The frontend of visitors, and remarks about the others. */
export interface ChosenFrontend {
  readonly frontend: Section | undefined;
  readonly notes: readonly Remark[];
}

const STANDARD_PORTS = ["443", "80"];

/** Chooses among the sections that hand requests to servers the section of port 443, else of port 80, else the first. */
export function chooseFrontend(sections: readonly Section[]): ChosenFrontend {
  const passing = sections.filter(passesOn);
  const onPort = (port: string) => passing.find((section) => portsOf(section).includes(port));
  const frontend = STANDARD_PORTS.map(onPort).find((section) => section !== undefined) ?? passing[0];
  const others = sections.filter((section) => section !== frontend);
  const notes = others.map((section): Remark => {
    const { file, line, kind, name } = section;
    const reason = passing.includes(section)
      ? `routes do not tell ports apart, and those of ${frontend?.name} are written`
      : "it hands no request to a server";
    return { file, line, text: `${kind} ${name} is left out: ${reason}` };
  });
  return { frontend, notes };
}

function passesOn({ kind, lines }: Section): boolean {
  const isRedirect = allOf(lines, "redirect", "scheme").some(
    ({ words }) => !words.includes("if") && !words.includes("unless"),
  );
  if (isRedirect) return false;
  const targets = [...allOf(lines, "use_backend"), ...allOf(lines, "default_backend")];
  return targets.length > 0 || (kind === "listen" && allOf(lines, "server").length > 0);
}

function portsOf({ lines }: Section): string[] {
  return allOf(lines, "bind").flatMap(({ words }) =>
    (words[1] ?? "").split(",").map((address) => /:(\d+)$/.exec(address)?.[1] ?? ""),
  );
}

/** The rules of a frontend, and remarks about rules that cannot be routes. */
export interface ReadFrontend {
  readonly rules: readonly Rule[];
  readonly notes: readonly Remark[];
}

/** Reads the rules of a frontend. `targetOf`: the pool of a backend, or the reason why there is no pool. */
export function rulesOf(section: Section, targetOf: (backend: string) => Target | string): ReadFrontend {
  const notes: Remark[] = [];
  const acls = new Map<string, Line[]>();
  for (const line of allOf(section.lines, "acl")) {
    const name = line.words[1] ?? "";
    acls.set(name, [...(acls.get(name) ?? []), line]);
  }
  for (const line of [...allOf(section.lines, "acl"), ...allOf(section.lines, "use_backend")]) {
    if (!/\b(?:path|url)\w* -i /.test(line.words.join(" "))) continue;
    const text = `${line.words.join(" ")}: -i is not carried over, because routes compare paths byte for byte`;
    notes.push({ file: line.file, line: line.line, text });
  }
  const rules = allOf(section.lines, "use_backend").flatMap((line): Rule[] => {
    const [, backend = "", ...condition] = line.words;
    const name = line.words.join(" ");
    const place = { file: line.file, line: line.line, name };
    const parts = readCondition(condition, acls);
    if (typeof parts === "string") {
      const text = `${name} is not carried over: ${parts}, so these go by the later rules`;
      notes.push({ file: line.file, line: line.line, text });
      return [];
    }
    const target = backend.includes("%[")
      ? "chooses its backend by a value that only HAProxy knows"
      : targetOf(backend);
    return parts.map(({ match, except }) => ({ ...place, match, except, target }));
  });
  const last = lastOf(section.lines, "default_backend");
  const own = section.kind === "listen" && allOf(section.lines, "server").length > 0 ? section.name : undefined;
  const backend = own ?? last?.args[0];
  const { file, line } = own === undefined && last ? last.line : section;
  const target = backend === undefined ? "has no default_backend, so HAProxy answers 503" : targetOf(backend);
  const name = own === undefined && last ? `default_backend ${backend}` : `${section.kind} ${section.name}`;
  return { rules: [...rules, { file, line, name, match: ANY, target }], notes };
}

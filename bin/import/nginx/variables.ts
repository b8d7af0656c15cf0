import { hostPattern, method } from "../../../src/settings/grammar.ts";
import { ANY, exactMatch, type Match } from "../match.ts";
import type { Place } from "../remark.ts";
import { ownOf } from "./blocks.ts";
import { type Directive, findAll } from "./directives.ts";

/** The value that a variable has for some requests. */
export interface Value {
  readonly match: Match;
  /** The value; or several, each with its share of the requests in percent. */
  readonly value: string | readonly { readonly value: string; readonly share: number }[];
}

/** The values of a variable, in the order in which they are tried, and remarks for the values that routes cannot tell. */
export interface Values {
  readonly values: readonly Value[];
  readonly notes: readonly (Place & { readonly text: string })[];
}

/** The values of a variable that `set`, `map` or `split_clients` gives it. `undefined`: the file does not tell its value. */
export function valuesOf(name: string, blocks: readonly Directive[], all: readonly Directive[]): Values | undefined {
  const set = blocks
    .toReversed()
    .flatMap((block) => ownOf(block, "set"))
    .find(({ args: [target] }) => target === `$${name}`);
  if (set) return { values: [{ match: ANY, value: set.args[1] ?? "" }], notes: [] };
  const defining = (directive: string) =>
    [...findAll(all, directive)].find(({ directive: { args } }) => args[1] === `$${name}`)?.directive;
  const split = defining("split_clients");
  if (split) return { values: [{ match: ANY, value: sharesOf(split) }], notes: [splitNote(split)] };
  const map = defining("map");
  return map && mapped(map);
}

function sharesOf(split: Directive): { value: string; share: number }[] {
  const entries = (split.block ?? []).map(({ name, args: [value = ""] }) => ({ value, percent: name }));
  const named = entries.filter(({ percent }) => percent !== "*");
  const taken = named.reduce((sum, { percent }) => sum + Number.parseFloat(percent), 0);
  return entries.map(({ value, percent }) => ({
    value,
    share: percent === "*" ? Math.round((100 - taken) * 100) / 100 : Number.parseFloat(percent),
  }));
}

function splitNote({ file, line, args: [key = ""] }: Directive) {
  const text = `split_clients ${key} keeps its shares, but Moor chooses the side by the visitor's session and not by this key`;
  return { file, line, text };
}

const DEFAULT = "default";

function mapped(map: Directive): Values {
  const [source = ""] = map.args;
  const entries = (map.block ?? []).filter(({ name }) => !["hostnames", "volatile"].includes(name));
  const ordered = [...entries.filter(({ name }) => !name.startsWith("*") && name !== DEFAULT), ...wildcards(entries)];
  const values: Value[] = [];
  const notes: Values["notes"][number][] = [];
  for (const { name, args, file, line } of ordered) {
    const match = matchOf(source, name.replace(/^\\/, ""));
    if (match) values.push(...match.map((each) => ({ match: each, value: args[0] ?? "" })));
    else
      notes.push({
        file,
        line,
        text: `map ${source}: no route can tell the requests of ${name}, so they go by its default`,
      });
  }
  const otherwise = entries.find(({ name }) => name === DEFAULT);
  values.push({ match: ANY, value: otherwise?.args[0] ?? "" });
  return { values, notes };
}

function wildcards(entries: readonly Directive[]): Directive[] {
  return entries.filter(({ name }) => name.startsWith("*")).sort((one, other) => other.name.length - one.name.length);
}

/** The requests for which a variable of nginx has a value. */
function matchOf(source: string, value: string): Match[] | undefined {
  if (value.startsWith("~")) return undefined;
  const header = /^\$http_(\w+)$/.exec(source)?.[1];
  if (source === "$host" || source === "$http_host" || source === "$server_name") {
    const hosts = value.startsWith(".") ? [value.slice(1), `*${value}`] : [value];
    return hosts.every(hostPattern.accepts) ? hosts.map((host) => ({ ...ANY, host })) : undefined;
  }
  if (source === "$request_method") return method.accepts(value) ? [{ ...ANY, methods: [value] }] : undefined;
  if (source === "$uri" || source === "$request_uri" || source === "$document_uri") {
    const match = exactMatch(value);
    return match && [match];
  }
  if (header === undefined || value === "") return undefined;
  return [{ ...ANY, headers: [{ name: header.replaceAll("_", "-"), value }] }];
}

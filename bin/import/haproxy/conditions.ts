import { ANY, intersection, type Match } from "../match.ts";
import { type Matches, readCriterion } from "./acls.ts";
import type { Line } from "./sections.ts";

/** Requests of one match, without the requests of some others. */
export interface Part {
  readonly match: Match;
  readonly except: readonly Match[];
}

/** The parts of a condition, any of which may hold; or the reason why routes cannot tell its requests. */
export type Parts = readonly Part[] | string;

const PREDEFINED: Record<string, Matches> = {
  TRUE: [ANY],
  HTTP: [ANY],
  ...Object.fromEntries(
    ["CONNECT", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"].map((name) => [
      `METH_${name}`,
      [{ ...ANY, methods: [name] }],
    ]),
  ),
  METH_GET: [{ ...ANY, methods: ["GET", "HEAD"] }],
};

/** Reads a condition: `if a b or !c`, `unless { path_beg /x }`. Without words, it holds for every request. */
export function readCondition([kind, ...words]: readonly string[], acls: ReadonlyMap<string, readonly Line[]>): Parts {
  if (kind === undefined) return [{ match: ANY, except: [] }];
  const alternatives = alternativesOf(words);
  const parts: Part[] = [];
  for (const terms of alternatives) {
    const read = conjunction(terms, acls);
    if (typeof read === "string") return read;
    parts.push(...read);
  }
  if (kind === "if") return parts;
  if (parts.some(({ except }) => except.length > 0))
    return `no route can tell the requests of "unless ${words.join(" ")}"`;
  return [{ match: ANY, except: parts.map(({ match }) => match) }];
}

interface Term {
  readonly isNegated: boolean;
  /** The name of an `acl`, or a criterion in braces. */
  readonly words: readonly string[];
  readonly isAnonymous: boolean;
}

function alternativesOf(words: readonly string[]): Term[][] {
  const alternatives: Term[][] = [[]];
  let isNegated = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "or" || word === "||") alternatives.push([]);
    else if (word === "!") isNegated = true;
    else {
      const name = word.startsWith("!") ? word.slice(1) : word;
      const isAnonymous = name === "{";
      const end = isAnonymous ? words.indexOf("}", at) : at;
      const inner = isAnonymous ? words.slice(at + 1, end) : [name];
      alternatives.at(-1)?.push({ isNegated: isNegated || name !== word, words: inner, isAnonymous });
      isNegated = false;
      at = end < at ? words.length : end;
    }
  }
  return alternatives;
}

function conjunction(terms: readonly Term[], acls: ReadonlyMap<string, readonly Line[]>): Parts {
  let matches: readonly Match[] = [ANY];
  const except: Match[] = [];
  for (const { isNegated, words, isAnonymous } of terms) {
    const read = isAnonymous ? readCriterion(words) : named(words[0] ?? "", acls);
    if (typeof read === "string") return read;
    if (isNegated) except.push(...read);
    else matches = matches.flatMap((match) => read.flatMap((other) => intersection(match, other) ?? []));
  }
  return matches.map((match) => ({ match, except }));
}

/** The requests of all `acl` lines of a name. */
function named(name: string, acls: ReadonlyMap<string, readonly Line[]>): Matches {
  const lines = acls.get(name);
  if (!lines) return PREDEFINED[name] ?? `there is no acl ${name}`;
  const all = lines.map(({ words }) => readCriterion(words.slice(2)));
  const reason = all.find((each) => typeof each === "string");
  return reason ?? all.flatMap((each) => each as readonly Match[]);
}

import { hostPattern, method, token } from "../../../src/settings/grammar.ts";
import { ANY, exactMatch, intersection, type Match, prefixMatch } from "../match.ts";
import { pathsOf } from "../path-pattern.ts";
import { type Expression, readExpression } from "./rule-syntax.ts";

/** Requests of one match, without the requests of some others. */
export interface Part {
  readonly match: Match;
  readonly except: readonly Match[];
}

/** The parts of a rule, any of which may hold; or the reason why routes cannot tell its requests. */
export function readRule(rule: string): readonly Part[] | string {
  const expression = readExpression(rule);
  return expression ? partsOf(expression) : "its syntax is not known here";
}

function partsOf(expression: Expression): readonly Part[] | string {
  if (expression.kind === "matcher") {
    const matches = matchesOf(expression.name, expression.values);
    if (matches) return matches.map((match) => ({ match, except: [] }));
    return `no route can tell the requests of ${expression.name}(${expression.values.map((value) => `\`${value}\``).join(", ")})`;
  }
  if (expression.kind === "not") {
    const parts = partsOf(expression.side);
    if (typeof parts === "string") return parts;
    if (parts.some(({ except }) => except.length > 0)) return "no route can tell the requests of a ! within a !";
    return [{ match: ANY, except: parts.map(({ match }) => match) }];
  }
  const sides = expression.sides.map(partsOf);
  const reason = sides.find((side) => typeof side === "string");
  if (reason !== undefined) return reason;
  const parts = sides as (readonly Part[])[];
  return expression.kind === "or" ? parts.flat() : parts.reduce(both);
}

function both(ones: readonly Part[], others: readonly Part[]): readonly Part[] {
  return ones.flatMap((one) =>
    others.flatMap((other) => {
      const match = intersection(one.match, other.match);
      return match ? [{ match, except: [...one.except, ...other.except] }] : [];
    }),
  );
}

/** Several values of a matcher were alternatives until version 2. */
function matchesOf(name: string, values: readonly string[]): Match[] | undefined {
  const [first = "", second = ""] = values;
  switch (name) {
    case "Host":
    case "HostHeader":
      return each(values, hostMatch);
    case "Path":
      return each(values, (path) => (path.includes("{") ? undefined : present(exactMatch(path))));
    case "PathPrefix":
      return each(values, (path) => (path.includes("{") ? undefined : present(prefixMatch(path))));
    case "PathRegexp":
      return pathsOf(first)?.flatMap(
        ({ kind, text }) => (kind === "exact" ? exactMatch(text) : prefixMatch(text)) ?? [],
      );
    case "Method":
      return each(
        values.map((value) => value.toUpperCase()),
        (value) => (method.accepts(value) ? [{ ...ANY, methods: [value] }] : undefined),
      );
    case "Header":
    case "Headers":
      return token.accepts(first) ? [{ ...ANY, headers: [{ name: first.toLowerCase(), value: second }] }] : undefined;
    default:
      return undefined;
  }
}

function hostMatch(text: string): Match[] | undefined {
  if (text === "*") return [ANY];
  const host = text.toLowerCase().replace(/\.$/, "");
  return hostPattern.accepts(host) ? [{ ...ANY, host }] : undefined;
}

function present(match: Match | undefined): Match[] | undefined {
  return match && [match];
}

function each(values: readonly string[], matchesOf: (value: string) => Match[] | undefined): Match[] | undefined {
  const all = values.map(matchesOf);
  return all.includes(undefined) ? undefined : all.flatMap((matches) => matches ?? []);
}

import { hostPattern, method } from "../../../src/settings/grammar.ts";
import { ANY, exactMatch, type Match, prefixMatch } from "../match.ts";
import { pathsOf } from "../path-pattern.ts";

/** Requests as matches, any of which may hold; or the reason why no route can tell these requests. */
export type Matches = readonly Match[] | string;

/** The kinds of comparison that the end of a criterion or `-m` names. */
const COMPARISONS = ["str", "beg", "end", "dom", "dir", "reg", "sub", "found", "len"];

/** Reads a criterion of an `acl`, without its name: `path_beg -i /api /v1`. */
export function readCriterion(words: readonly string[]): Matches {
  const [criterion = "", ...rest] = words;
  const { flags, patterns } = split(rest);
  const [, fetch = "", suffix, argument = ""] =
    /^([\w.]+?)(?:_(beg|end|dom|dir|reg|sub|len))?(?:\(([^)]*)\))?(?:,.*)?$/.exec(criterion) ?? [];
  const kind = flags.get("-m") ?? suffix ?? "str";
  const shown = words.join(" ");
  const cannot = `no route can tell the requests of "${shown}"`;
  if (flags.has("-f") || flags.has("-M") || !COMPARISONS.includes(kind)) return cannot;
  const each = (matchOf: (pattern: string) => readonly Match[] | undefined): Matches => {
    const all = patterns.map(matchOf);
    return all.includes(undefined) || all.length === 0 ? cannot : all.flatMap((match) => match ?? []);
  };
  const header = argument.split(",")[0]?.toLowerCase() ?? "";
  if (fetch === "always_true" || criterion === "TRUE") return [ANY];
  if (fetch === "path" || fetch === "url" || fetch === "pathq") return each((pattern) => pathMatches(kind, pattern));
  if (fetch === "method") return each((name) => (method.accepts(name) ? [{ ...ANY, methods: [name] }] : undefined));
  if (fetch === "ssl_fc_sni" || fetch === "req.ssl_sni") return each((pattern) => hostMatches(kind, pattern));
  if (!/^(?:req\.|req\.f)?f?hdr$/.test(fetch)) return cannot;
  if (header === "host") return each((pattern) => hostMatches(kind, pattern));
  if (kind === "found") return [{ ...ANY, headers: [{ name: header }] }];
  return kind === "str" ? each((value) => [{ ...ANY, headers: [{ name: header, value }] }]) : cannot;
}

function split(words: readonly string[]): { flags: Map<string, string>; patterns: string[] } {
  const flags = new Map<string, string>();
  let at = 0;
  for (; words[at]?.startsWith("-"); at++) {
    const flag = words[at] as string;
    if (flag === "--") return { flags, patterns: words.slice(at + 1) };
    flags.set(flag, flag === "-m" || flag === "-f" ? (words[++at] ?? "") : "");
  }
  return { flags, patterns: words.slice(at) };
}

function pathMatches(kind: string, pattern: string): readonly Match[] | undefined {
  if (kind === "str") return present(exactMatch(pattern));
  if (kind === "beg") return present(prefixMatch(pattern));
  const paths = kind === "reg" ? pathsOf(pattern) : undefined;
  const matches = paths?.map((path) => (path.kind === "exact" ? exactMatch(path.text) : prefixMatch(path.text)));
  return matches?.includes(undefined) ? undefined : (matches as Match[] | undefined);
}

function present(match: Match | undefined): Match[] | undefined {
  return match && [match];
}

function hostMatches(kind: string, text: string): readonly Match[] | undefined {
  const pattern = text.toLowerCase().replace(/:\d+$/, "");
  const exact = kind === "reg" ? /^\^((?:[\w-]|\\\.)+)\$$/.exec(pattern)?.[1]?.replaceAll("\\.", ".") : pattern;
  if (exact === undefined) return undefined;
  const bare = exact.replace(/^\./, "");
  const hosts = {
    str: [exact],
    reg: [exact],
    dom: [bare, `*.${bare}`],
    end: exact.startsWith(".") ? [`*${exact}`] : [exact, `*.${exact}`],
  }[kind];
  return hosts?.every(hostPattern.accepts) ? hosts.map((host) => ({ ...ANY, host })) : undefined;
}

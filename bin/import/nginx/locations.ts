import { type PathText, pathsOf } from "../path-pattern.ts";
import type { Place } from "../remark.ts";
import type { Directive } from "./directives.ts";

/** A `location` of nginx, or a `server` block in place of a `location /` that the file does not have. */
export interface Location extends Place {
  /** As the file writes it: `location ^~ /x`. */
  readonly name: string;
  readonly kind: "exact" | "prefix" | "expression" | "named";
  readonly text: string;
  /** Whether no regular expression is tried after it (`^~`). */
  readonly isFinal: boolean;
  /** The paths of a regular expression; `undefined` if they cannot be listed. */
  readonly paths: readonly PathText[] | undefined;
  /** The blocks that hold its directives, the innermost block last. */
  readonly blocks: readonly Directive[];
  readonly inside: readonly Location[];
}

/** Reads the locations in a block. `around`: the blocks around it, the innermost block last. */
export function readLocations(block: Directive, around: readonly Directive[]): Location[] {
  const blocks = [...around, block];
  return (block.block ?? [])
    .filter(({ name }) => name === "location")
    .map((directive) => ({
      ...kindOf(directive.args),
      name: `location ${directive.args.join(" ")}`,
      file: directive.file,
      line: directive.line,
      blocks: [...blocks, directive],
      inside: readLocations(directive, blocks),
    }));
}

function kindOf(args: readonly string[]): Pick<Location, "kind" | "text" | "isFinal" | "paths"> {
  // nginx also accepts the sign and the path without a space between them.
  const [, sign = "", text = ""] = /^(=|~\*|~|\^~|@)?\s?(.*)$/s.exec(args.join(" ")) ?? [];
  const kind = ({ "=": "exact", "~": "expression", "~*": "expression", "@": "named" } as const)[sign] ?? "prefix";
  const paths = sign === "~" ? pathsOf(text) : undefined;
  return { kind, text, isFinal: sign === "^~", paths };
}

/** All locations of a list, with the locations inside them. */
export function flattened(locations: readonly Location[]): Location[] {
  return locations.flatMap((location) => [location, ...flattened(location.inside)]);
}

/**
 * The location that nginx takes for a path (ngx_http_core_find_location). Expressions whose paths cannot be listed are passed over.
 */
export function locationFor(path: string, locations: readonly Location[]): Location | undefined {
  return find(path, locations).location;
}

interface Found {
  readonly location: Location | undefined;
  /** Whether an exact path or an expression was found, so that no expression of the blocks around is tried. */
  readonly isSettled: boolean;
}

function find(path: string, locations: readonly Location[]): Found {
  const exact = locations.find(({ kind, text }) => kind === "exact" && text === path);
  if (exact) return { location: exact, isSettled: true };
  const prefixes = locations.filter(({ kind, text }) => kind === "prefix" && path.startsWith(text));
  const longest = prefixes.reduce<Location | undefined>(
    (best, each) => (best && best.text.length >= each.text.length ? best : each),
    undefined,
  );
  const inner = longest ? find(path, longest.inside) : { location: undefined, isSettled: false };
  if (inner.isSettled) return inner;
  const expression = longest?.isFinal ? undefined : locations.find(({ paths }) => paths?.some(holds(path)));
  if (expression) return { location: find(path, expression.inside).location ?? expression, isSettled: true };
  return { location: inner.location ?? longest, isSettled: false };
}

function holds(path: string): (wanted: PathText) => boolean {
  return ({ kind, text }) => (kind === "exact" ? path === text : path.startsWith(text));
}

/**
 * The parts of all paths in each of which nginx takes the same location, the narrowest first: single paths, then the beginnings of
 * paths.
 */
export function partsOf(locations: readonly Location[]): PathText[] {
  const all = flattened(locations).flatMap(({ kind, text, paths }): readonly PathText[] => {
    if (kind === "exact" || kind === "prefix") return [{ kind, text }];
    return paths ?? [];
  });
  const texts = (kind: PathText["kind"]) => [
    ...new Set(all.filter((part) => part.kind === kind).map(({ text }) => text)),
  ];
  return [
    ...texts("exact").map((text): PathText => ({ kind: "exact", text })),
    ...texts("prefix")
      .sort((one, other) => other.length - one.length)
      .map((text): PathText => ({ kind: "prefix", text })),
  ];
}

/** A path of a part that is in no narrower part. */
export function samplePath({ kind, text }: PathText): string {
  return kind === "exact" ? text : `${text}\u0001`;
}

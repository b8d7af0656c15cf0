import type { IgnoreConfig } from "../config/types.ts";
import { pathMatcher } from "./routes.ts";

/** Whether a request needs no session. */
export type Ignores = (request: Request, pathname: string) => boolean;

type Condition = (request: Request, pathname: string) => boolean;

/** Compiles patterns: a request is ignored if it meets all conditions of one of them. */
export function createIgnores(patterns: readonly IgnoreConfig[]): Ignores {
  const compiled = patterns.map(conditionsOf);
  return (request, pathname) => compiled.some((conditions) => conditions.every((meets) => meets(request, pathname)));
}

function conditionsOf({ path, extensions, methods, destinations, accept, contentTypes }: IgnoreConfig): Condition[] {
  const conditions: Condition[] = [];
  if (methods) conditions.push(({ method }) => methods.includes(method));
  if (path) {
    const matches = pathMatcher(path);
    conditions.push((_, pathname) => matches(pathname));
  }
  if (extensions) {
    const endings = extensions.map((extension) => `.${extension.toLowerCase()}`);
    conditions.push((_, pathname) => endings.some((ending) => pathname.toLowerCase().endsWith(ending)));
  }
  if (destinations) conditions.push(({ headers }) => destinations.includes(headers.get("Sec-Fetch-Dest") ?? ""));
  if (accept) conditions.push(({ headers }) => fits(accept, firstOf(headers.get("Accept"), ",")));
  if (contentTypes) conditions.push(({ headers }) => fits(contentTypes, headers.get("Content-Type")));
  return conditions;
}

function firstOf(list: string | null, separator: string): string | null {
  return list === null ? null : (list.split(separator, 1)[0] ?? null);
}

/** Whether a media type (RFC 9110 section 8.3.1; its parameters do not count) is one of `types`, or of the kind of a `kind/*`. */
function fits(types: readonly string[], given: string | null): boolean {
  const type = firstOf(given, ";")?.trim().toLowerCase() ?? "";
  return types.some((wanted) => (wanted.endsWith("/*") ? type.startsWith(wanted.slice(0, -1)) : type === wanted));
}

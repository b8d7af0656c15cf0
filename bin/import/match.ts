import { coversHost, coversPath } from "../../src/config/checks/routes.ts";
import type { RouteConfig } from "../../src/config/types.ts";
import { pathPattern } from "../../src/settings/grammar.ts";

/** The requests that a rule of another balancer takes, in the words of a route. Fields that are left out take any request. */
export interface Match extends Pick<RouteConfig, "host" | "methods" | "headers"> {
  readonly path: string;
  /**
   * The beginning of the paths that the rule takes, if the balancer compares text and no whole segments: `/api` also takes
   * `/apiary`, and `/api/` does not take `/api`. `path` is the pattern that comes nearest.
   */
  readonly textPrefix?: string;
}

/** Every request. */
export const ANY: Match = { path: "/*" };

/** The match of paths that begin with a text; `undefined` if no pattern of Moor can hold the text. */
export function prefixMatch(text: string): Match | undefined {
  const path = normalised(text);
  if (path === "/") return ANY;
  const match = path && { path: path.endsWith("/") ? `${path}*` : `${path}/*`, textPrefix: path };
  return match && pathPattern.accepts(match.path) ? match : undefined;
}

/** The match of a single path; `undefined` if no pattern of Moor can hold it. */
export function exactMatch(text: string): Match | undefined {
  const path = normalised(text);
  return path !== undefined && pathPattern.accepts(path) ? { path } : undefined;
}

/** The text as a URL writes it. Balancers compare decoded paths, and Moor compares paths as they are sent. */
function normalised(text: string): string | undefined {
  if (!text.startsWith("/") || /[%?#*\\]/.test(text)) return undefined;
  const { pathname } = new URL(`http://any${text}`);
  return decodeURI(pathname) === text ? pathname : undefined;
}

/** Whether each request of `narrow` is a request of `wide`. */
export function covers(wide: Match, narrow: Match): boolean {
  const { methods } = wide;
  return (
    coversHost(wide.host, narrow.host) &&
    coversPath(wide.path, narrow.path) &&
    (!methods || (narrow.methods?.every((method) => methods.includes(method)) ?? false)) &&
    (wide.headers ?? []).every((header) => (narrow.headers ?? []).some((other) => isWithin(other, header)))
  );
}

type Header = NonNullable<RouteConfig["headers"]>[number];

function isWithin(narrow: Header, wide: Header): boolean {
  const isSame = narrow.name.toLowerCase() === wide.name.toLowerCase();
  return isSame && (wide.value === undefined || wide.value === narrow.value);
}

/** The requests that are in both; `undefined`: there is no such request. */
export function intersection(one: Match, other: Match): Match | undefined {
  const host = narrower(one.host, other.host, coversHost);
  const path = narrower(one.path, other.path, coversPath);
  const methods =
    one.methods && other.methods ? one.methods.filter(inList(other.methods)) : (one.methods ?? other.methods);
  const headers = mergedHeaders(one.headers ?? [], other.headers ?? []);
  if (host === NOTHING || path === NOTHING || path === undefined || methods?.length === 0 || !headers) return undefined;
  const { textPrefix } = path === one.path ? one : other;
  return {
    ...(host !== undefined && { host }),
    path,
    ...(textPrefix !== undefined && { textPrefix }),
    ...(methods && { methods }),
    ...(headers.length > 0 && { headers }),
  };
}

const NOTHING = Symbol();
const inList = (list: readonly string[]) => (item: string) => list.includes(item);

/** Two patterns of hosts, or of paths, either hold one another or have nothing in common. */
function narrower<T extends string | undefined>(one: T, other: T, covers: (wide: T, narrow: T) => boolean) {
  if (covers(one, other)) return other;
  return covers(other, one) ? one : NOTHING;
}

function mergedHeaders(one: readonly Header[], other: readonly Header[]): Header[] | undefined {
  const merged = new Map<string, Header>();
  for (const header of [...one, ...other]) {
    const name = header.name.toLowerCase();
    const { value } = merged.get(name) ?? {};
    if (value !== undefined && header.value !== undefined && value !== header.value) return undefined;
    merged.set(name, value === undefined ? header : { ...header, value });
  }
  return [...merged.values()];
}

import type { Functions } from "./functions.ts";

/** Calls from the Worker's JavaScript into workerd. */
export interface PlatformCall {
  /** As JavaScript writes it: `Headers.get`, `new URL`, `Request.method`. */
  readonly name: string;
  /** In a request. */
  readonly times: number;
  /** Instructions of a call, with all that it calls. */
  readonly each: number;
}

/** workerd's entry from JavaScript, where the compiler left its name readable. */
const READABLE = /^workerd::jsg::(\w+?)Callbacks?<.*?::JsgWorkerdIsolate_TypeWrapper, workerd::(?:\w+::)*(\w+),/;
/** The same entry, with a name of the Itanium C++ ABI: parts of a name have their length before them. */
const MANGLED = /^_ZN7workerd3jsg\d+?([A-Z][A-Za-z]*?)CallbackI/;
/** The class stands before the function that registers its members. */
const REGISTERED = /\d([A-Za-z_]+?)(?:ELb[01]EE)?1[56]register(?:Members|Callable)/;
/** A pointer to the member, as the last argument of the template. */
const MEMBER = /XadL_ZNK?S\w*?_(\d+)(\w+)/;

/** The calls of a request that crossed from JavaScript into workerd, the dearest in sum first. */
export function platformCalls(functions: Functions, requests: number): PlatformCall[] {
  const sums = new Map<string, { calls: number; inclusive: number }>();
  for (const [symbol, { calls, under }] of functions) {
    const name = calls === 0 ? undefined : callOf(symbol);
    if (name === undefined) continue;
    const inclusive = [...under.values()].reduce((one, other) => one + other, 0);
    const sum = sums.get(name) ?? { calls: 0, inclusive: 0 };
    sums.set(name, { calls: sum.calls + calls, inclusive: sum.inclusive + inclusive });
  }
  return [...sums]
    .sort(([, one], [, other]) => other.inclusive - one.inclusive)
    .map(([name, { calls, inclusive }]) => ({ name, times: calls / requests, each: inclusive / calls }));
}

/** The call that a function of workerd answers, as JavaScript writes it; undefined: it is no entry from JavaScript. */
export function callOf(symbol: string): string | undefined {
  const readable = READABLE.exec(symbol);
  if (readable) {
    const [, kind, type] = readable as unknown as [string, string, string];
    return kind === "Constructor" ? `new ${type}` : `${type}[name]`;
  }
  const [, kind] = MANGLED.exec(symbol) ?? [];
  if (kind === undefined) return undefined;
  const [, type = "?"] = REGISTERED.exec(symbol) ?? [];
  const [, length, rest = ""] = MEMBER.exec(symbol) ?? [];
  const member = rest.slice(0, Number(length)).replace(/_$/, "");
  return type === "ServiceWorkerGlobalScope" ? member : `${type}.${kind.includes("etter") ? property(member) : member}`;
}

/** workerd's `getUrl` is JavaScript's `url`. */
function property(accessor: string): string {
  const name = accessor.replace(/^[gs]et/, "");
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

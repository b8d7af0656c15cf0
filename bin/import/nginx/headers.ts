import type { Remark } from "../remark.ts";
import { type Directive, findAll } from "./directives.ts";

/** Headers that Moor sends by itself, or that only concern a connection. `Host` has remarks of its own. */
const NEEDLESS =
  /^(?:host|x-forwarded-(?:for|host|proto|port|server|ssl|scheme)|x-scheme|upgrade|connection|accept-encoding|proxy|te)$/;

/** Remarks on headers that nginx adds to requests and Moor does not add. */
export function headerNotes(directives: readonly Directive[]): Remark[] {
  return [...findAll(directives, "proxy_set_header")].flatMap(({ directive: { args, file, line } }) => {
    const [name = ""] = args;
    if (NEEDLESS.test(name.toLowerCase())) return [];
    const isAddress = name.toLowerCase() === "x-real-ip";
    const text = isAddress
      ? "servers find the client's address in X-Forwarded-For"
      : "Moor adds no header of an operator's own";
    return [{ file, line, text: `proxy_set_header ${name} is not carried over: ${text}` }];
  });
}

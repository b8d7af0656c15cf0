import { addedName, flashName, LOGIN_NAME, registerName, writtenValue } from "./history.ts";
import { type Ask, PEOPLE } from "./schedule.ts";
import type { Asked } from "./subject.ts";

/**
 * The changes that an origin asks for when the visit or act `id` is for `ask`. `browser` is the browser of the visit.
 */
export function askedBy(ask: Ask, id: number, browser = 0): Asked {
  const added = { [addedName(id)]: writtenValue(id) };
  switch (ask.kind) {
    case "read":
      return {};
    case "add":
      return { patch: added };
    case "set":
      return { patch: { [registerName(ask.register)]: writtenValue(id) } };
    case "remove":
      return { patch: { [registerName(ask.register)]: null } };
    case "login":
      return { principal: ask.principal, ...(ask.adds ? { patch: added } : {}) };
    case "rotate":
      return { rotate: true, ...(ask.adds ? { patch: added } : {}) };
    case "sign-in": {
      const patch = { [LOGIN_NAME]: writtenValue(id), ...(ask.adds ? added : {}) };
      return { patch, ...(ask.by === "principal" ? { principal: PEOPLE[browser] as string } : { rotate: true }) };
    }
    case "flash":
      return { flash: { [flashName(id)]: writtenValue(id) } };
    case "end":
      return { end: true };
  }
}

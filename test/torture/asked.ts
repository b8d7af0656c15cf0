import { addedName, registerName, writtenValue } from "./history.ts";
import type { Ask } from "./schedule.ts";
import type { Asked } from "./subject.ts";

/** What an origin asks for when the visit or act `id` is for `ask`. */
export function askedBy(ask: Ask, id: number): Asked {
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
    case "end":
      return { end: true };
  }
}

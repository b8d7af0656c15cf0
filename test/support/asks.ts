import type { JsonObject } from "../../src/session/patch.ts";
import type { Visit } from "./edge.ts";

/** Visits whose response asks for something. */
export const patch = (attributes: JsonObject): Visit => ({ ask: () => ({ patches: [attributes] }) });
export const login = (principal: string): Visit => ({ ask: () => ({ principal }) });
export const rotate: Visit = { ask: () => ({ rotate: true }) };
export const end: Visit = { ask: () => ({ end: true }) };

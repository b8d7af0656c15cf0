import type { JsonObject } from "../../src/session/patch.ts";
import type { Visit } from "./edge.ts";

/** Visits whose response asks for something. */
export const patch = (attributes: JsonObject): Visit => ({ ask: (session) => session.patch(attributes) });
export const login = (principal: string): Visit => ({ ask: (session) => session.login(principal) });
export const rotate: Visit = { ask: (session) => session.rotate() };
export const end: Visit = { ask: (session) => session.end() };

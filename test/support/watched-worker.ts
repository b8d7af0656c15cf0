/**
 * The Worker that is deployed, except that the way from it to the sessions' objects is watched, and can be cut, and that its clock and
 * theirs can be moved ahead.
 */
import config from "../../moor.config.ts";
import { createHandler, type Env } from "../../src/wiring/handler.ts";
import { overLink } from "./watched-link.ts";

export { PrincipalObject } from "../../src/objects/principal/principal-object.ts";
export { SessionObject } from "../../src/objects/session/session-object.ts";
export { Link, WatchedPoolObject as PoolObject } from "./watched-link.ts";

const handler = createHandler(config);

export default {
  fetch: (request, env, context) => handler.fetch(request, overLink(env), context),
  scheduled: (controller, env) => handler.scheduled(controller, overLink(env)),
} satisfies ExportedHandler<Env>;

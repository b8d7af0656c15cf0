/**
 * The Worker that is deployed, with a link to the sessions' objects that tests can watch and cut. Tests can also move
 * its clock and the clock of its objects ahead.
 */
import config from "../../moor.config.ts";
import { createHandler, type Env as WorkerEnv } from "../../src/wiring/handler.ts";
import { createSessionObject } from "../../src/wiring/session-object.ts";
import { overLink } from "./watched-link.ts";

export { PrincipalObject } from "../../src/objects/principal/principal-object.ts";
export { Link, WatchedPoolObject as PoolObject } from "./watched-link.ts";

type Env = WorkerEnv & { SESSION_OBJECT: DurableObjectNamespace };

export const SessionObject = createSessionObject(config);

const handler = createHandler(config);

export default {
  fetch: (request, env, context) => handler.fetch(request, overLink(env), context),
  scheduled: (controller, env) => handler.scheduled(controller, overLink(env)),
} satisfies ExportedHandler<Env>;

/** The Worker that is deployed, except that the calls to its stores are counted, and can be cut off. */
import config from "../../../moor.config.ts";
import { createHandler, type Env } from "../../../src/wiring/handler.ts";
import { createSessionObject } from "../../../src/wiring/session-object.ts";
import { watchedKv, watchedObjects } from "./watched-stores.ts";

export { PoolObject } from "../../../src/objects/pool/pool-object.ts";
export { PrincipalObject } from "../../../src/objects/principal/principal-object.ts";
export { Link } from "./watched-stores.ts";

export const SessionObject = createSessionObject(config);

const handler = createHandler(config);
let watchedEnv: Env | undefined;

export default {
  fetch(request, env, context) {
    watchedEnv ??= {
      ...env,
      SESSION_OBJECT: watchedObjects(env.SESSION_OBJECT as unknown as DurableObjectNamespace) as never,
      ...(env.SESSION_REPLICAS && { SESSION_REPLICAS: watchedKv(env.SESSION_REPLICAS as KVNamespace) }),
    };
    return handler.fetch(request, watchedEnv, context);
  },
} satisfies ExportedHandler<Env>;

import config from "../moor.config.ts";
import { createHandler } from "./handler.ts";
import { createSessionObject } from "./store/session-object.ts";

export { PrincipalObject } from "./store/principal-object.ts";
export { PoolObject } from "./upstream/live/pool-object.ts";

export default createHandler(config);

export const SessionObject = createSessionObject(config);

import config from "../moor.config.ts";
import { createHandler } from "./wiring/handler.ts";
import { createSessionObject } from "./wiring/session-object.ts";

export { PoolObject } from "./objects/pool/pool-object.ts";
export { PrincipalObject } from "./objects/principal/principal-object.ts";

export default createHandler(config);

export const SessionObject = createSessionObject(config);

import config from "../moor.config.ts";
import { createHandler } from "./handler.ts";

export { SessionObject } from "./store/session-object.ts";

export default createHandler(config);

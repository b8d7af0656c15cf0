import type { Log } from "../log.ts";

/**
 * Answers requests for its own paths. Returns `undefined` if it has no such path, or does not support the method there. HEAD is
 * answered like GET. `log` names the request in each line.
 */
export type Api = (request: Request, url: URL, log: Log) => Promise<Response> | undefined;

import { failureResponse } from "../errors.ts";
import type { Log } from "../log.ts";

/** The answer where there is nothing, or nothing for who asks. */
export function noRoute(request: Request, log: Log): Response {
  log({ event: "request_refused", reason: "no_route" });
  return failureResponse("no_route", request);
}

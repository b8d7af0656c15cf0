import type { ServerResponse } from "node:http";
import { MoorOriginError } from "../origin/errors.ts";
import { Cookie } from "./cookie.ts";
import type { ExchangeOptions } from "./exchange.ts";
import { type Callback, newId, Session } from "./session.ts";
import { type SessionRequest, Store } from "./store.ts";

const REASON =
  "this request's session cannot be stored: the request has no Moor-Session header. " +
  "It did not come through Moor, or it is a health check, or its route carries no session";

/**
 * Gives a request without a handoff an empty session that cannot be stored. Its actions call back with an error
 * (`handoff-missing`, with status 403).
 *
 * @param tellLost is called if the request has changed the session without storing it.
 */
export function attachEmptySession(
  request: SessionRequest,
  response: ServerResponse,
  { cookie, Session: Class = Session }: ExchangeOptions,
  tellLost: (fault: MoorOriginError) => void,
): void {
  const fault = () => Object.assign(new MoorOriginError("handoff-missing", REASON), { status: 403 });
  const refuse = (callback: Callback) => void setImmediate(callback, fault());
  const actions = { regenerate: refuse, destroy: refuse, reload: refuse, save: refuse };
  request.sessionID = newId();
  request.session = new Class(request.sessionID, new Cookie(cookie), {}, actions);
  request.sessionStore = new Store(request, async () => undefined);
  // The response to an upgrade may be any object.
  response.once?.("finish", () => {
    const changed = Object.keys(request.session ?? {}).some((name) => name !== "cookie");
    if (changed) tellLost(fault());
  });
}

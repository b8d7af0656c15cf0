import type { ServerResponse } from "node:http";
import { MoorOriginError } from "../origin/errors.ts";
import { createOrigin } from "../origin/origin.ts";
import { accompany, type FinishChanges, withStatus } from "./accompany.ts";
import { Cookie, type CookieOptions } from "./cookie.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import type { SessionRequest } from "./store.ts";
import { attachEmptySession } from "./without-handoff.ts";

/** Where Moor is, and how long sessions last. The plugins of all frameworks have these options. */
export interface SessionsOptions {
  /** Moor's `MOOR_ISSUER`. Default: the environment's `MOOR_ISSUER`. */
  issuer?: string;
  /** Id of this server's pool. Default: the environment's `MOOR_AUDIENCE`. */
  audience?: string;
  /** Where this server reaches Moor. Default: the environment's `MOOR_URL`, else `issuer`. */
  moorUrl?: string;
  /** Only `maxAge` and `expires` count. Default: Moor's policy alone. */
  cookie?: CookieOptions & { [option: string]: unknown };
}

/**
 * Puts the session of a request on the request of Node. The changes that the request makes go back with its response.
 *
 * @param fail is called with the error of a change, once its response can no longer be another one.
 * @returns puts the changes on the response; `undefined`: the request has no handoff, and its empty session cannot be stored.
 * @throws MoorOriginError with a `status`, if the handoff is refused or cannot be checked.
 */
export type AttachSession = (
  request: SessionRequest,
  response: ServerResponse,
  fail: (error: unknown) => void,
) => Promise<FinishChanges | undefined>;

/** @throws TypeError if the address of Moor is missing, or if a `cookie` is given that no session could have. */
export function createSessions(options: SessionsOptions, exchange: Omit<ExchangeOptions, "cookie">): AttachSession {
  const { env } = process;
  const { issuer = env.MOOR_ISSUER ?? "", audience = env.MOOR_AUDIENCE ?? "", moorUrl = env.MOOR_URL } = options;
  if (options.cookie !== undefined && typeof options.cookie !== "object") {
    throw new TypeError('"cookie" must be an object: a session has one expiry, whatever the request');
  }
  const origin = createOrigin({ issuer, audience, ...(moorUrl !== undefined && { moorUrl }) });
  const cookie = options.cookie ?? {};
  // Throws what each request would.
  new Cookie(cookie);

  let hasTold = false;
  function tellLost(fault: MoorOriginError): void {
    // Each request of an attacker past Moor would otherwise leave a line.
    if (!hasTold) process.emitWarning(fault.message, { code: "MOOR_SESSION_NOT_STORED" });
    hasTold = true;
  }

  return async (request, response, fail) => {
    try {
      const session = await origin.session(request);
      request.providerLogin = session.providerLogin;
      return accompany(response, new Exchange(request, response, session, { ...exchange, cookie }), fail);
    } catch (fault) {
      if (!isMissing(fault)) throw withStatus(fault);
      attachEmptySession(request, response, { ...exchange, cookie }, tellLost);
      return undefined;
    }
  };
}

function isMissing(fault: unknown): boolean {
  return fault instanceof MoorOriginError && fault.code === "handoff-missing";
}

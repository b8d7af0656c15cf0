import type { IncomingMessage, ServerResponse } from "node:http";
import { MoorOriginError } from "../origin/errors.ts";
import { createOrigin } from "../origin/origin.ts";
import { accompany, withStatus } from "./accompany.ts";
import { Cookie, type CookieOptions } from "./cookie.ts";
import { Exchange } from "./exchange.ts";
import type { Session, SessionData } from "./session.ts";

import { type SessionRequest, Store } from "./store.ts";
import { attachEmptySession } from "./without-handoff.ts";

export { Cookie, type CookieOptions } from "./cookie.ts";
export type { Session, SessionData } from "./session.ts";
export { Store } from "./store.ts";

declare global {
  namespace Express {
    interface Request {
      session: Session & Partial<SessionData>;
      sessionID: string;
      sessionStore: Store;
    }
  }
}

/**
 * Options of express-session, and the address of Moor. The options about express-session's own cookie and store are
 * accepted and ignored: the token, its cookie and its keys are Moor's.
 */
export interface SessionOptions {
  /** Moor's `MOOR_ISSUER`. Default: the environment's `MOOR_ISSUER`. */
  issuer?: string;
  /** Id of this server's pool. Default: the environment's `MOOR_AUDIENCE`. */
  audience?: string;
  /** Where this server reaches Moor. Default: the environment's `MOOR_URL`, else `issuer`. */
  moorUrl?: string;
  /** Only `maxAge` and `expires` count. Default: Moor's policy alone. */
  cookie?: CookieOptions & { [option: string]: unknown };
  /** `"destroy"`: a request that leaves no `req.session` ends the session. Default `"keep"`. */
  unset?: "destroy" | "keep";
  name?: string;
  proxy?: boolean;
  resave?: boolean;
  rolling?: boolean;
  saveUninitialized?: boolean;
  secret?: unknown;
}

/** A function that `app.use` takes; fit for Express, connect and plain Node. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * express-session, with Moor as its store. `req.session` is the session that Moor handed over. The changes that the
 * request makes go back with the response, as one merge patch. A request without a handoff has an empty session that
 * cannot be stored. A request whose handoff is forged, expired or for another server is an error (403).
 *
 * @throws TypeError if the address of Moor is missing; if a `store` or `genid` is given, which it could not honour; if
 * `unset` is neither of its values; or if a `cookie` is given that no session could have.
 */
export function session(options: SessionOptions = {}): Middleware {
  const { env } = process;
  const { issuer = env.MOOR_ISSUER ?? "", audience = env.MOOR_AUDIENCE ?? "", moorUrl = env.MOOR_URL } = options;
  for (const name of ["store", "genid"]) {
    if (name in options) throw new TypeError(`moor/express has no "${name}": Moor keeps the sessions; leave it out`);
  }
  if (options.unset && options.unset !== "destroy" && options.unset !== "keep") {
    throw new TypeError(`"unset" must be "destroy" or "keep", not ${JSON.stringify(options.unset)}`);
  }
  if (options.cookie !== undefined && typeof options.cookie !== "object") {
    throw new TypeError('"cookie" must be an object: a session has one expiry, whatever the request');
  }
  const origin = createOrigin({ issuer, audience, ...(moorUrl !== undefined && { moorUrl }) });
  // Throws what each request would.
  new Cookie(options.cookie);
  const exchangeOptions = { cookie: options.cookie ?? {}, endsUnset: options.unset === "destroy" };

  let hasTold = false;
  function tellLost(fault: MoorOriginError): void {
    // Each request of an attacker past Moor would otherwise leave a line.
    if (!hasTold) process.emitWarning(fault.message, { code: "MOOR_SESSION_NOT_STORED" });
    hasTold = true;
  }

  return function session(request: SessionRequest, response, next) {
    if (request.session) return next();
    origin
      .session(request)
      .then((moor) => accompany(response, new Exchange(request, response, moor, exchangeOptions), next))
      .catch((fault: unknown) => {
        if (!isMissing(fault)) throw fault;
        attachEmptySession(request, response, exchangeOptions.cookie, tellLost);
      })
      .then(
        () => next(),
        (fault: unknown) => next(withStatus(fault)),
      );
  };
}

function isMissing(fault: unknown): boolean {
  return fault instanceof MoorOriginError && fault.code === "handoff-missing";
}

// CommonJS reaches them through the function, as in express-session.
session.Cookie = Cookie;
session.Store = Store;

export default session;
// The value that require() gives to CommonJS, as in `var session = require("moor/express")`.
export { session as "module.exports" };

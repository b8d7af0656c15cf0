import type { IncomingMessage, ServerResponse } from "node:http";
import type { LoginView } from "../origin/login-view.ts";
import { Cookie } from "./cookie.ts";
import type { Session, SessionData } from "./session.ts";
import { createSessions, type SessionsOptions } from "./sessions.ts";
import { type SessionRequest, Store } from "./store.ts";

export type { LoginView } from "../origin/login-view.ts";
export { Cookie, type CookieOptions } from "./cookie.ts";
export type { Session, SessionData } from "./session.ts";
export { Store } from "./store.ts";

declare global {
  namespace Express {
    interface Request {
      session: Session & Partial<SessionData>;
      sessionID: string;
      sessionStore: Store;
      /** `undefined` unless Moor has logged the visitor in at a provider. */
      providerLogin: LoginView | undefined;
    }
  }
}

/**
 * Options of express-session, and the address of Moor. The options about express-session's own cookie and store are
 * accepted and ignored: the token, its cookie and its keys are Moor's.
 */
export interface SessionOptions extends SessionsOptions {
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
  for (const name of ["store", "genid"]) {
    if (name in options) throw new TypeError(`moor/express has no "${name}": Moor keeps the sessions; leave it out`);
  }
  if (options.unset && options.unset !== "destroy" && options.unset !== "keep") {
    throw new TypeError(`"unset" must be "destroy" or "keep", not ${JSON.stringify(options.unset)}`);
  }
  const attach = createSessions(options, { endsUnset: options.unset === "destroy" });

  return function session(request: SessionRequest, response, next) {
    if (request.session) return next();
    attach(request, response, next).then(() => next(), next);
  };
}

// CommonJS reaches them through the function, as in express-session.
session.Cookie = Cookie;
session.Store = Store;

export default session;
// The value that require() gives to CommonJS, as in `var session = require("moor/express")`.
export { session as "module.exports" };

import type { IncomingMessage, ServerResponse } from "node:http";
import { MoorOriginError } from "../origin/errors.ts";
import { createOrigin } from "../origin/origin.ts";
import { Cookie, type CookieOptions } from "./cookie.ts";
import { Exchange, type SessionRequest } from "./exchange.ts";
import type { Session, SessionData } from "./session.ts";

export type { Cookie, CookieOptions } from "./cookie.ts";
export type { Session, SessionData } from "./session.ts";

declare global {
  namespace Express {
    interface Request {
      session: Session & Partial<SessionData>;
      sessionID: string;
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
 * request makes go back with the response, as one merge patch. A request without a valid handoff is an error (403),
 * never an empty session.
 *
 * @throws TypeError if the address of Moor is missing; if a `store` or `genid` is given, which it could not honour; or
 * if a `cookie` is given that no session could have.
 */
export function session(options: SessionOptions = {}): Middleware {
  const { env } = process;
  const { issuer = env.MOOR_ISSUER ?? "", audience = env.MOOR_AUDIENCE ?? "", moorUrl = env.MOOR_URL } = options;
  for (const name of ["store", "genid"]) {
    if (name in options) throw new TypeError(`moor/express has no "${name}": Moor keeps the sessions; leave it out`);
  }
  if (options.cookie !== undefined && typeof options.cookie !== "object") {
    throw new TypeError('"cookie" must be an object: a session has one expiry, whatever the request');
  }
  const origin = createOrigin({ issuer, audience, ...(moorUrl !== undefined && { moorUrl }) });
  // Throws what each request would.
  new Cookie(options.cookie);
  const exchangeOptions = { cookie: options.cookie ?? {}, endsUnset: options.unset === "destroy" };

  return function session(request: SessionRequest, response, next) {
    if (request.session) return next();
    origin
      .session(request)
      .then((moor) => accompany(response, new Exchange(request, response, moor, exchangeOptions), next))
      .then(
        () => next(),
        (fault: unknown) => next(withStatus(fault)),
      );
  };
}

/** Sends the changes with the headers. Later changes are stored before the response ends. */
function accompany(response: ServerResponse, exchange: Exchange, next: (error?: unknown) => void): void {
  const { writeHead, end } = response;
  let flushed = false;
  response.writeHead = ((...args: Parameters<ServerResponse["writeHead"]>) => {
    if (flushed) return writeHead.apply(response, args);
    flushed = true;
    try {
      exchange.flush();
    } catch (fault) {
      // A change that cannot be stored must not look like a success.
      setImmediate(next, fault);
      args[0] = 500;
    }
    return writeHead.apply(response, args);
  }) as ServerResponse["writeHead"];
  response.end = ((...args: Parameters<ServerResponse["end"]>) => {
    if (!exchange.isLate) return end.apply(response, args);
    exchange
      .storeLate()
      .catch(next)
      // The application's error handler may have ended the response; to end it again would be an error that nobody handles.
      .finally(() => response.writableEnded || end.apply(response, args));
    return response;
  }) as ServerResponse["end"];
}

/** Express answers with the `status` of an error. */
function withStatus(fault: unknown): unknown {
  if (!(fault instanceof MoorOriginError)) return fault;
  return Object.assign(fault, { status: fault.code.startsWith("handoff-") ? 403 : 503 });
}

export default session;
// The value that require() gives to CommonJS, as in `var session = require("moor/express")`.
export { session as "module.exports" };

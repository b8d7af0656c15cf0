import type { ServerResponse } from "node:http";
import { endFailed } from "../express/accompany.ts";
import { AsyncSession } from "../express/async-session.ts";
import { createSessions, type SessionsOptions } from "../express/sessions.ts";
import { replaceData, type SessionRequest } from "../express/store.ts";

export type { AsyncSession as Session } from "../express/async-session.ts";
export { Cookie, type CookieOptions } from "../express/cookie.ts";
export type { SessionData } from "../express/session.ts";
export type { SessionsOptions as SessionOptions } from "../express/sessions.ts";
export type { LoginView } from "../origin/login-view.ts";

/** The part of a Koa context that this middleware uses. */
export interface KoaContext {
  readonly req: SessionRequest;
  readonly res: ServerResponse;
  readonly app: { emit(event: "error", error: unknown, context: unknown): unknown };
}

/** A middleware of Koa. */
export type Middleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Gives each request of a Koa application the session that Moor handed over, as `ctx.session`, and the login that Moor made at a provider, as
 * `ctx.providerLogin`. An assignment of an object to the session replaces its data, and an assignment of null ends it. A request without a
 * handoff has an empty session that cannot be stored. A request whose handoff is forged, expired or for another server is an error (403). A
 * change that cannot be stored is an error of status 500 or 503; once the headers are sent, it is an `error` event of the application.
 *
 * @throws TypeError as `moor/express` does.
 */
export function session(options: SessionsOptions = {}): Middleware {
  const attach = createSessions(options, { endsUnset: true, Session: AsyncSession });

  return async function session(context, next) {
    const { req, res, app } = context;
    if (req.session !== undefined) {
      await next();
      return;
    }
    const finish = await attach(req, res, (error) => {
      app.emit("error", error, context);
      endFailed(res);
    });
    Object.defineProperty(context, "session", {
      configurable: true,
      enumerable: true,
      get: () => req.session,
      set(data: object | null | undefined) {
        if (!data) req.session = null;
        else if (req.session && data !== req.session) replaceData(req.session, data);
      },
    });
    Object.defineProperty(context, "providerLogin", { configurable: true, enumerable: true, value: req.providerLogin });
    await next();
    await finish?.();
  };
}

export default session;
// The value that require() gives to CommonJS.
export { session as "module.exports" };

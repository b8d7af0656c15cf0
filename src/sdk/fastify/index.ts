import type { ServerResponse } from "node:http";
import { endFailed, type FinishChanges } from "../express/accompany.ts";
import { AsyncSession } from "../express/async-session.ts";
import { createSessions, type SessionsOptions } from "../express/sessions.ts";
import type { SessionRequest } from "../express/store.ts";

export type { AsyncSession as Session } from "../express/async-session.ts";
export { Cookie, type CookieOptions } from "../express/cookie.ts";
export type { SessionData } from "../express/session.ts";
export type { SessionsOptions as SessionOptions } from "../express/sessions.ts";
export type { LoginView } from "../origin/login-view.ts";

/** The part of a Fastify request that this plugin uses. */
export interface FastifyRequest {
  readonly raw: SessionRequest;
  readonly log: { error(error: unknown): void };
}

/** The part of a Fastify application that this plugin uses. */
export interface FastifyInstance {
  decorateRequest(name: string, accessors: { getter(): unknown; setter?(value: unknown): void }): unknown;
  addHook(name: "onRequest", hook: (request: FastifyRequest, reply: { raw: ServerResponse }) => Promise<void>): unknown;
  addHook(
    name: "onSend",
    hook: (request: FastifyRequest, reply: unknown, payload: unknown) => Promise<unknown>,
  ): unknown;
}

/**
 * Gives each request of a Fastify application the session that Moor handed over, as `request.session`, and the login that Moor made at a
 * provider, as `request.providerLogin`. A request without a handoff has an empty session that cannot be stored. A request whose handoff
 * is forged, expired or for another server is an error (403). A change that cannot be stored is an error of status 500 or 503; once the
 * headers are sent, it is a line of the log.
 *
 * @throws TypeError as `moor/express` does.
 */
export async function session(fastify: FastifyInstance, options: SessionsOptions): Promise<void> {
  const attach = createSessions(options, { endsUnset: true, Session: AsyncSession });
  const finishes = new WeakMap<SessionRequest, FinishChanges>();

  fastify.decorateRequest("session", {
    getter(this: FastifyRequest) {
      return this.raw.session;
    },
    setter(this: FastifyRequest, value: SessionRequest["session"]) {
      this.raw.session = value ?? null;
    },
  } as Parameters<FastifyInstance["decorateRequest"]>[1]);
  fastify.decorateRequest("providerLogin", {
    getter(this: FastifyRequest) {
      return this.raw.providerLogin;
    },
  } as Parameters<FastifyInstance["decorateRequest"]>[1]);
  fastify.addHook("onRequest", async ({ raw, log }, reply) => {
    const finish = await attach(raw, reply.raw, (error) => {
      log.error(error);
      endFailed(reply.raw);
    });
    if (finish) finishes.set(raw, finish);
  });
  fastify.addHook("onSend", async ({ raw }, _reply, payload) => {
    await finishes.get(raw)?.();
    return payload;
  });
}

// The plugin is for the application that registers it, and not for a context of its own (Fastify's `skip-override`).
Object.assign(session, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "moor/fastify",
});

export default session;
// The value that require() gives to CommonJS.
export { session as "module.exports" };

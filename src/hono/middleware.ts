import type { Context, MiddlewareHandler } from "hono";
import {
  type HandlingConfig,
  handlingMistakes,
  type MiddlewareConfig,
  type ResolvedHandling,
  readMiddleware,
} from "../config/middleware.ts";
import { failureResponse } from "../errors.ts";
import { describeFault, logToConsole } from "../log.ts";
import { formatMistakes, type Mistake } from "../settings/mistakes.ts";
import { type BoundSessions, bindSessions, type SessionsEnv } from "../wiring/sessions.ts";
import type { AnyAttributes } from "./attributes.ts";
import type { EdgeSession } from "./edge-session.ts";
import { createExchange, type Exchange } from "./exchange.ts";

/** What {@link moor} gives to handlers, for `new Hono<MoorEnv<…>>()`. `Attributes`: names and types of what sessions keep. */
export interface MoorEnv<Attributes extends object = AnyAttributes> {
  Variables: {
    /** The session of the request. Not there for requests that the configuration ignores. */
    session: EdgeSession<Attributes>;
  };
}

/** What `app.use` takes. Of several on the way of a request the first counts, and the others pass it on. */
export type MoorMiddleware<Attributes extends object = AnyAttributes> = MiddlewareHandler<MoorEnv<Attributes>> & {
  /**
   * The same sessions for some of the application's paths, handled otherwise: what is left out stays as it is. It comes before the
   * middleware of all paths.
   *
   * @throws TypeError that lists every mistake.
   */
  with(handling: HandlingConfig): MiddlewareHandler<MoorEnv<Attributes>>;
  /**
   * The scheduled handler of a Worker with Redis: has the sessions' Durable Objects take over what Redis has accepted while they could not
   * be reached. Without Redis it does nothing.
   */
  readonly sweep: ExportedHandlerScheduledHandler;
};

/**
 * Sessions for the handlers of one's own Worker: `c.var.session`. What they ask of it is committed behind them, before the visitor sees
 * the response, with the guarantees of Moor as a proxy. `/.moor/logout` is answered here, all else by the application.
 *
 * @param config default: that of each setting of `MoorConfig` and `RouteConfig`.
 * @throws TypeError that lists every mistake of the configuration. What is wrong with the Worker's bindings is answered with 500, and
 * logged as `not_configured`.
 */
export function moor<Attributes extends object = AnyAttributes>(
  config: MiddlewareConfig = {},
): MoorMiddleware<Attributes> {
  const resolved = resolve(config);
  /** One of each per isolate: they keep what they have learned, never a request's own objects. */
  let sessions: BoundSessions | undefined;
  let exchange: Exchange | undefined;

  const bound = (env: SessionsEnv) => {
    sessions ??= bindSessions(env, resolved.config, logToConsole);
    return sessions;
  };
  const exchangeFor = (c: Context) => {
    exchange ??= createExchange(bound(c.env), { config: resolved.config, clock: Date.now, log: logToConsole });
    return exchange;
  };
  const handledBy =
    (handling: ResolvedHandling): MiddlewareHandler<MoorEnv<Attributes>> =>
    (c, next) => {
      let exchange: Exchange;
      try {
        exchange = exchangeFor(c);
      } catch (fault) {
        logToConsole({ event: "not_configured", reason: describeFault(fault) });
        return Promise.resolve(failureResponse("not_configured", c.req.raw));
      }
      return exchange(c, next, handling);
    };

  return Object.assign(handledBy(resolved.handling), {
    with(handling: HandlingConfig) {
      refuse(handlingMistakes(handling));
      return handledBy(resolve({ ...config, ...handling }).handling);
    },
    async sweep(_controller: unknown, env: unknown) {
      await bound(env as SessionsEnv).sweep();
    },
  });
}

function resolve(config: MiddlewareConfig) {
  const read = readMiddleware(config);
  if (read.kind === "invalid") throw refusal(read.mistakes);
  return read;
}

function refuse(mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw refusal(mistakes);
}

function refusal(mistakes: readonly Mistake[]): TypeError {
  return new TypeError(formatMistakes(mistakes));
}

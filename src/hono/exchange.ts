import type { Context, Next } from "hono";
import { getPath } from "hono/utils/url";
import { LOG_DEFAULTS } from "../config/defaults.ts";
import type { ResolvedHandling, ResolvedMiddleware } from "../config/middleware.ts";
import type { IgnoreConfig } from "../config/types.ts";
import { readAddress } from "../inbound/address.ts";
import { partsAskedBy } from "../inbound/arrival.ts";
import { createDebugCheck } from "../inbound/token/debug-token.ts";
import type { AskedParts } from "../lib/asked.ts";
import type { Log } from "../log.ts";
import type { Observer } from "../observe/observer.ts";
import { createSignals } from "../observe/signals.ts";
import {
  type AnyVisit,
  answerAstray,
  createExchange as createShared,
  type Handling,
  outlivesClient,
  postAgain,
  waitsForTurn,
} from "../request/exchange.ts";
import { LOGOUT_PATH } from "../request/logout.ts";
import { isFormOfOtherSite } from "../request/repost.ts";
import { ownNames, withoutOwn } from "../request/respond.ts";
import { createIgnores } from "../upstream/routes.ts";
import { namesInOwn } from "../upstream/wire/origin-headers.ts";
import type { BoundSessions } from "../wiring/sessions.ts";
import { answeredByHandlers, createHandlers, type Handlers, hasSession, holdBody, replace } from "./handlers.ts";
import { wholeRequest, withoutToken } from "./without-token.ts";

/** Gives the handlers of a request its session, and commits the changes that they ask for. Returns a response that hono is to take over. */
export type Exchange = (c: Context, next: Next, handling: ResolvedHandling) => Promise<Response | undefined>;

/** The parts of an exchange besides sessions. */
export interface ExchangeParts {
  readonly config: ResolvedMiddleware;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** One request on its way through hono. */
interface Handled {
  readonly c: Context;
  readonly request: AskedParts;
  readonly handling: Handling;
  readonly handlers: Handlers;
}

/** `undefined`: no handler has answered, or one has thrown. */
type Answer = Response | undefined;

/** The way of a request through the middleware: the steps of `request/exchange.ts`, with handlers in place of origins. */
export function createExchange(sessions: BoundSessions, { config, clock, log }: ExchangeParts): Exchange {
  const { breakers, tokenRing } = sessions;
  const exchange = createShared({ ...sessions, config, clock });
  const { carriers } = exchange;
  const debug = createDebugCheck(tokenRing);
  const { errorPage, cors } = config;
  const signals = createSignals({ config: { log: LOG_DEFAULTS, errorPage, cors }, breakers, debug, clock, log });
  const ignores = createIgnores(config.ignore.map(asRead));
  const remembers = config.session.remember !== undefined;
  const ignored = new WeakSet<Context>();

  /** Answers at once what needs no visit. */
  function receive(handled: Handled, observer: Observer): Answer | Promise<Answer> {
    const { c, request } = handled;
    const address = readAddress(request);
    if (address.kind !== "address") return answerAstray(address, observer);
    const { url } = address;
    observer.addressed(url.pathname);
    // hono chooses handlers by its own reading of the path, which keeps dot segments.
    if (ignores(request, c.req.path)) return passOn(handled, url, observer);

    const keepAlive = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
    const visit = exchange.enter(request, address, observer, keepAlive); // 1, 2
    return visit instanceof Promise ? visit.then((entered) => dispatch(handled, entered)) : dispatch(handled, visit);
  }

  /** Finds who answers a visit. */
  function dispatch(handled: Handled, visit: AnyVisit): Promise<Answer> {
    const { c, handling } = handled;
    const { request, url, client, keepAlive } = visit;
    if (url.pathname === LOGOUT_PATH) return exchange.logOut(visit);
    if (handling.crossSite === "repost" && isFormOfOtherSite(request, url, client))
      return postAgain(visit, wholeRequest(c));
    const answered = waitsForTurn(visit, handling) ? answerInTurn(handled, visit) : answer(handled, visit);
    if (outlivesClient(visit, handling)) keepAlive(answered);
    return answered;
  }

  /** The body is read before a lease is taken, because a client may be slow to send it, and other requests wait for the lease. */
  async function answerInTurn(handled: Handled, visit: AnyVisit): Promise<Answer> {
    if (!(await holdBody(handled.c))) return visit.observer.refused("bad_request", "incomplete body");
    // Copies that became too old while the client sent the body must not serve it.
    return answer(handled, { ...visit, arrival: { ...visit.arrival, arrivedAt: clock() } });
  }

  function answer({ c, handling, handlers }: Handled, visit: AnyVisit): Promise<Answer> {
    return exchange.serve(visit, handling, answeredByHandlers(c, handlers, visit, { carriers, remembers })); // 4 to 8
  }

  /** A request without a session: handlers may pass it on to others, so they are shown no token either. */
  async function passOn({ c, request, handlers }: Handled, url: URL, observer: Observer): Promise<Answer> {
    ignored.add(c);
    const stripped = carriers.strip?.(url);
    c.req.raw = withoutToken(await wholeRequest(c), request, stripped && url, carriers);
    if (!(await handlers.run())) return undefined;
    const dropped = ownNames(c.res, namesInOwn(c.res.headers), carriers.own);
    if (dropped.length > 0) observer.ownNamesDropped(dropped);
    const response = withoutOwn(c.res, dropped);
    return stripped ? stripped.withLinks(response, url, "") : response;
  }

  return async (c, next, handling) => {
    if (hasSession(c) || ignored.has(c)) return pass(next);
    const handlers = createHandlers(c, next);
    const request = partsAskedBy(c.req.raw);
    const handled = { c, request, handling: { ...handling, session: true }, handlers };
    const response = await signals.serve(request, (observer) => receive(handled, observer));
    if (handlers.thrown) throw handlers.thrown.fault;
    // If no handler has answered, hono says so.
    if (!response || !c.finalized) return response;
    replace(c, response);
    return undefined;
  };
}

/** A pattern with its path as hono reads paths: without the escapes of characters that are not ASCII. */
function asRead(pattern: IgnoreConfig): IgnoreConfig {
  return pattern.path === undefined ? pattern : { ...pattern, path: getPath(new Request(`http://any${pattern.path}`)) };
}

async function pass(next: Next): Promise<undefined> {
  await next();
}

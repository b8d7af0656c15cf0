import type { Context, Next } from "hono";
import { getPath } from "hono/utils/url";
import type { ResolvedHandling, ResolvedMiddleware } from "../config/middleware.ts";
import type { IgnoreConfig } from "../config/types.ts";
import { type FailureCode, failureResponse } from "../errors.ts";
import { readAddress } from "../inbound/address.ts";
import { type Arrival, arrivalOf } from "../inbound/arrival.ts";
import { type Brought, createCarriers, holdsOneText } from "../inbound/carriers/carriers.ts";
import { withLinks } from "../inbound/carriers/links.ts";
import type { UrlCarrier } from "../inbound/carriers/url-carrier.ts";
import { isSafe, isTokenKeptBack } from "../inbound/cross-site.ts";
import type { OpenedToken, TokenFault } from "../inbound/token/tokens.ts";
import { describeFault, type Log, type LogEntry } from "../log.ts";
import { conclude } from "../request/conclude.ts";
import { LOGOUT_PATH, logOut } from "../request/logout.ts";
import { openForRoute } from "../request/open.ts";
import { isFormOfOtherSite, repost } from "../request/repost.ts";
import { give, markFor, mayGiveFreshToken, ownNames, respond, withoutOwn } from "../request/respond.ts";
import { tokenFor } from "../request/token-write.ts";
import { markLifeOf } from "../session/policy.ts";
import { inTurn, isLocked, type Turn } from "../store/locking.ts";
import { refOf } from "../store/open-session.ts";
import { createOutage } from "../store/outage.ts";
import { createTiers } from "../store/tiers.ts";
import { createIgnores } from "../upstream/routes.ts";
import { takeBody } from "../upstream/send/body.ts";
import { recordChanges } from "../upstream/wire/origin-headers.ts";
import type { BoundSessions } from "../wiring/sessions.ts";
import { askedNothing, changesOf, EdgeSession } from "./edge-session.ts";
import { wholeRequest, withoutToken } from "./without-token.ts";

/** Gives the handlers of a request its session, and carries out what they ask of it. A response: they were not asked. */
export type Exchange = (c: Context, next: Next, handling: ResolvedHandling) => Promise<Response | undefined>;

/** A request that has a session. */
interface Visit {
  readonly c: Context;
  readonly next: Next;
  readonly handling: ResolvedHandling;
  /** As it came. */
  readonly request: Request;
  /** Its address, without a token. */
  readonly url: URL;
  /** The carrier whose token stood in the address, if one did. */
  readonly stripped: UrlCarrier | undefined;
  readonly brought: Brought<OpenedToken>;
  readonly arrival: Arrival;
}

/** What an exchange is made of beside sessions. */
export interface ExchangeParts {
  readonly config: ResolvedMiddleware;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** How long handlers may take before a lease may pass to the next request: as an attempt at an origin, by default. */
const HANDLERS_DEADLINE_MS = 30_000;
/** The name of the variable that handlers read. */
const SESSION = "session";

/** The way of a request through the middleware: as in `moor.ts`, with handlers in place of origins. */
export function createExchange(sessions: BoundSessions, { config, clock, log }: ExchangeParts): Exchange {
  const { tokens, authority, fallback, locks, mayFound } = sessions;
  const principals = config.principals && sessions.principals && { index: sessions.principals, ...config.principals };
  const outage = fallback && createOutage(fallback, { clock, backsUp: config.stores.backup !== "off" });
  const tiers = createTiers({ ...sessions, outage });
  const carriers = createCarriers(config.carriers, { now: clock, markLifeSeconds: markLifeOf(config.session) });
  const ignores = createIgnores(config.ignore.map(asRead));
  const writer = { authority, tiers, tokens, policy: config.session, principals, mayFound, clock };

  async function receive(c: Context, next: Next, handling: ResolvedHandling): Promise<Response | undefined> {
    const request = c.req.raw;
    const now = clock();
    const address = readAddress(request);
    if (address.kind === "malformed") return failureResponse("bad_request", request);
    if (address.kind === "insecure") return Response.redirect(address.location, 308);
    const { url, secure } = address;
    if (c.get(SESSION) instanceof EdgeSession) return pass(next);
    const stripped = carriers.strip(url);
    // Handlers are chosen by hono's reading of the path, which keeps dot segments.
    if (ignores(request, c.req.path)) return passOn({ c, next, url, stripped });

    const keepAlive = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
    let fault: TokenFault | undefined;
    const brought = await carriers.bring(request, secure, (text) => {
      return tokens.open(text, now, (reason) => {
        fault ??= reason;
      });
    }); // 1, 2
    if (fault) log({ event: "token_refused", reason: fault });
    const arrival = arrivalOf(request, now);
    if (url.pathname === LOGOUT_PATH) {
      const ended = logOut({ request, url, brought, arrival, sameSite: carriers.sameSite }, writer, log);
      keepAlive(ended);
      return ended;
    }
    if (handling.crossSite === "repost" && isFormOfOtherSite(request, url, brought)) return postAgain(c, url);
    const exchange = serveInTurn({ c, next, handling, request, url, stripped, brought, arrival }, keepAlive);
    // What handlers have done is not undone by a client that leaves, nor is a lease forgotten.
    if (!isSafe(request) || handling.locking === "all") keepAlive(exchange);
    return exchange;
  }

  /** Requests without a session: handlers may pass them on to others, so they have no token either. */
  async function passOn({
    c,
    next,
    url,
    stripped,
  }: Pick<Visit, "c" | "next" | "url" | "stripped">): Promise<undefined> {
    c.req.raw = await withoutToken(c, url, carriers);
    await next();
    if (!c.finalized) return;
    if (ownNames(c.res.headers, carriers.own).length > 0) log({ event: "origin_cookie_dropped" });
    const response = withoutOwn(c.res, carriers.own);
    answer(c, stripped ? withLinks(response, { carrier: stripped, page: url, text: "" }) : response);
  }

  async function postAgain(c: Context, url: URL): Promise<Response> {
    const again = await repost(await wholeRequest(c), url);
    if (again.kind === "page") return again.page;
    return fail(c.req.raw, again.code, { event: "request_refused", reason: again.reason });
  }

  async function serveInTurn(visit: Visit, keepAlive: (work: Promise<unknown>) => void) {
    const { request, handling } = visit;
    const { token } = visit.brought;
    // Without a token it has a key that no other request can have.
    if (!token || !isLocked(handling, request.method)) return serve(visit);
    const waiting = { route: handling, attemptDeadlineMs: HANDLERS_DEADLINE_MS, keepAlive };
    // Before the lease is taken, which others wait for: a client may be slow to send it.
    const body = request.bodyUsed ? null : await takeBody(request);
    if (body === "incomplete") return failureResponse("bad_request", request);
    if (body instanceof ArrayBuffer) visit.c.req.raw = new Request(request, { body });
    const waited = await inTurn(locks, refOf(token, visit.arrival), waiting, (turn) => serve(visit, turn));
    if (waited.kind === "served") return waited.served;
    const session = token.id.slice(0, 8);
    return waited.kind === "timeout"
      ? fail(request, "lock_timeout", { event: "lock_timeout", session, reason: `waited ${waited.waitedMs} ms` })
      : fail(request, "session_unavailable", unavailable(waited.cause, session));
  }

  async function serve(visit: Visit, turn?: Turn): Promise<Response | undefined> {
    const { c, handling, request, brought, arrival } = visit;
    const route = { ...handling, session: true };
    const opened = await openForRoute(
      { request, route, token: brought.token, arrival, locked: turn !== undefined },
      writer,
    ); // 4
    if (opened.kind === "unavailable") return fail(request, "session_unavailable", unavailable(opened.cause));
    const { session } = opened;
    const about = { session: session.id.slice(0, 8) };
    if (session.shown?.stale) log({ event: "session_stale", ...about });

    const asked = askedNothing();
    c.set(SESSION, new EdgeSession(session, asked, config.session.remember !== undefined));
    c.req.raw = await withoutToken(c, visit.url, carriers);
    try {
      await visit.next(); // 5, 6
    } finally {
      asked.closed = true;
    }
    // Nobody has answered: hono says so.
    if (!c.finalized) return undefined;
    if (c.error === undefined) recordChanges(session, changesOf(asked));

    const isKeptBack = isTokenKeptBack(request, visit.url, brought);
    const isForeign = isKeptBack && !isSafe(request) && handling.crossSite !== "allow";
    const ending = { request, opened, touches: handling.touch, lease: turn?.lease, isForeign, version: undefined };
    const concluded = await conclude(ending, writer); // 7
    const { marks } = concluded;
    if (concluded.kind === "refused") {
      await c.res.body?.cancel();
      const failure = fail(request, concluded.code, { ...about, ...concluded.entry });
      if (marks) give(failure.headers, brought, { kind: "none" }, await markFor({ kind: "none" }, brought, writer));
      answer(c, failure);
      return undefined;
    }
    const { done } = concluded;
    if (done.untouched) log({ event: "touch_failed", ...about });
    if (ownNames(c.res.headers, carriers.own).length > 0) log({ event: "origin_cookie_dropped", ...about });
    const tookMs = clock() - arrival.arrivedAt;
    const isFresh = !session.returning && !isKeptBack;
    const mayGiveFresh = isFresh && (brought.asks || mayGiveFreshToken(request, tookMs));
    const token = await tokenFor(done, { mayGiveFresh, withProof: holdsOneText(brought) }, writer); // 8
    const changes = {
      moorHeaders: [],
      own: carriers.own,
      brought,
      page: visit.url,
      stripped: visit.stripped,
      token,
      mark: marks ? await markFor(token, brought, writer) : "",
      session: true,
      explain: undefined,
    };
    answer(c, respond(c.res, changes));
    return undefined;
  }

  function fail(request: Request, code: FailureCode, entry: LogEntry): Response {
    log(entry);
    return failureResponse(code, request, { errorPage: config.errorPage });
  }

  return receive;
}

/** A pattern with its path as hono reads paths: without the escapes of what is no ASCII. */
function asRead(pattern: IgnoreConfig): IgnoreConfig {
  return pattern.path === undefined ? pattern : { ...pattern, path: getPath(new Request(`http://any${pattern.path}`)) };
}

async function pass(next: Next): Promise<undefined> {
  await next();
}

/** Puts a response in place of the handlers'. hono would lay the headers of the one before over it. */
function answer(c: Context, response: Response): void {
  if (response === c.res) return;
  c.res = undefined;
  c.res = response;
}

function unavailable(cause: unknown, session?: string): LogEntry {
  return { event: "session_unavailable", ...(session && { session }), reason: describeFault(cause) };
}

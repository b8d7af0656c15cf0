import { createAdmin } from "./api/app.ts";
import type { ResolvedRoute } from "./config/resolved.ts";
import { type FailureCode, failureResponse } from "./errors.ts";
import { readAddress } from "./inbound/address.ts";
import { type Arrival, arrivalOf } from "./inbound/arrival.ts";
import { type Brought, createCarriers, holdsOneText } from "./inbound/carriers/carriers.ts";
import type { UrlCarrier } from "./inbound/carriers/url-carrier.ts";
import { isSafe, isTokenKeptBack } from "./inbound/cross-site.ts";
import type { OpenedToken } from "./inbound/token/tokens.ts";
import { describeFault, type LogEntry } from "./log.ts";
import { createCounters } from "./observe/counters.ts";
import { explain } from "./observe/explain.ts";
import { answeredBy, type RequestFacts, requestIdOf } from "./observe/request-facts.ts";
import { createSignals } from "./observe/signals.ts";
import { conclude } from "./request/conclude.ts";
import { LOGOUT_PATH, logOut } from "./request/logout.ts";
import { openForRoute } from "./request/open.ts";
import type { MoorParts } from "./request/parts.ts";
import { isFormOfOtherSite, repost } from "./request/repost.ts";
import { give, markFor, mayGiveFreshToken, ownNames, respond } from "./request/respond.ts";
import { withLongestLife } from "./request/socket-life.ts";
import { createWriters, type Writer } from "./request/stores.ts";
import { tokenFor } from "./request/token-write.ts";
import { markLifeOf } from "./session/policy.ts";
import { noCalls } from "./store/counted.ts";
import { inTurn, isLocked, type Turn } from "./store/locking.ts";
import { isJustVouched, refOf } from "./store/open-session.ts";
import { createIgnores } from "./upstream/routes.ts";
import { type Body, isBodyUnsendable, takeBody } from "./upstream/send/body.ts";
import type { Failed } from "./upstream/send/forward.ts";
import { createUpstream } from "./upstream/upstream.ts";
import { moorHeaders, readOriginChanges, recordChanges } from "./upstream/wire/origin-headers.ts";

/** Answers a request, whatever happens; `keepAlive` holds on to work that must not end when its client leaves. */
export type Moor = (request: Request, keepAlive: KeepAlive) => Promise<Response>;
type KeepAlive = (work: Promise<unknown>) => void;

/** A request that has been routed. */
interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** The carrier whose token stood in the address, if one did. */
  readonly stripped: UrlCarrier | undefined;
  readonly host: string;
  readonly route: ResolvedRoute;
  readonly brought: Brought<OpenedToken>;
  readonly arrival: Arrival;
  readonly body: Body;
  readonly now: number;
  /** What is told of it afterwards. */
  readonly facts: RequestFacts;
}

const CODE_OF: Record<Failed["kind"], FailureCode> = {
  unreachable: "origin_unreachable",
  timeout: "origin_timeout",
  "invalid-status": "origin_unreachable",
  "own-origin-unavailable": "own_origin_unavailable",
};
/** `fetch` cannot send them. */
const UNSUPPORTED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Puts Moor together. Below, a request goes by from top to bottom; the numbers are those of the README's picture. */
export function createMoor(parts: MoorParts): Moor {
  const { config, tokens, handoff, clock, log, breakers = [] } = parts;
  const carriers = createCarriers(config.carriers, { now: clock, markLifeSeconds: markLifeOf(config.session) });
  const upstream = createUpstream(config, clock, carriers.cut, { ...parts.bindings, log });
  const counters = config.admin && createCounters(clock());
  const admin = createAdmin({ ...parts, counters });
  const ignores = createIgnores(config.ignore);
  const writerFor = createWriters(parts);
  const signals = createSignals({ ...parts, counters });

  async function receive(facts: RequestFacts, keepAlive: KeepAlive): Promise<Response> {
    const { request, arrivedAt: now } = facts;
    const address = readAddress(request);
    if (address.kind === "malformed") return turnAway(facts, "bad_request", "malformed address");
    if (address.kind === "insecure") return Response.redirect(address.location, 308);
    const { method, headers } = request;
    if (UNSUPPORTED_METHODS.has(method)) return turnAway(facts, "method_not_supported");
    if (isBodyUnsendable(request)) return turnAway(facts, "bad_request", `${method} with a body`);
    const { url, host, secure } = address;
    const { pathname } = url;
    facts.isOwn = pathname.startsWith("/.moor/");
    if (facts.isOwn && pathname !== LOGOUT_PATH) return admin.fetch(request);

    const brought = await carriers.bring(request, secure, (text) => {
      return tokens.open(text, now, (reason) => noteRefusal(facts, { reason }));
    }); // 1, 2
    const stripped = carriers.strip(url);
    const arrival = arrivalOf(request, now);
    if (pathname === LOGOUT_PATH) {
      const logout = { request, url, brought, arrival, sameSite: carriers.sameSite };
      const ended = logOut(logout, writerFor(facts.calls), (entry) => signals.note(facts, entry));
      keepAlive(ended);
      return ended;
    }
    facts.path = pathname;
    const route = upstream.match({ host, pathname, method, headers }); // 3
    if (!route) return turnAway(facts, "no_route");
    facts.route = route;
    if (route.explain) {
      facts.explains = "all";
      facts.calls ??= noCalls();
    }
    const needsSession = route.session && !ignores(request, pathname);
    if (needsSession && route.crossSite === "repost" && isFormOfOtherSite(request, url, brought))
      return postAgain(facts, url);
    // Before anything is taken that others wait for: a client may be slow to send it.
    const body = await takeBody(request);
    if (body === "incomplete") return turnAway(facts, "bad_request", "incomplete body");
    const visit = { request, url, stripped, host, route, brought, arrival, body, now, facts };
    const exchange = needsSession ? serveInTurn(visit, keepAlive) : passOn(visit);
    // What an origin has done is not undone by a client that leaves, nor is a lease forgotten.
    if (!isSafe(request) || route.locking === "all") keepAlive(exchange);
    return exchange;
  }

  async function postAgain(facts: RequestFacts, url: URL): Promise<Response> {
    const again = await repost(facts.request, url);
    return again.kind === "page" ? again.page : turnAway(facts, again.code, again.reason);
  }

  /** Has a request wait for those of its session that came before, where its route wants that. */
  async function serveInTurn(visit: Visit, keepAlive: KeepAlive): Promise<Response> {
    const { request, route, facts } = visit;
    const { token } = visit.brought;
    const writer = writerFor(facts.calls);
    const { locks } = writer;
    // Without a token it has a key that no other request can have.
    if (!locks || !token || !isLocked(route, request.method)) return serve(visit, writer);
    const pool = upstream.poolOf(route, token.id).config;
    const attemptDeadlineMs = route.attemptDeadlineMs ?? pool.attemptDeadlineMs;
    const waiting = { route, attemptDeadlineMs, keepAlive };
    facts.sessionId = token.id;
    facts.pool = pool.id;
    const waited = await inTurn(locks, refOf(token, visit.arrival), waiting, (turn) => serve(visit, writer, turn));
    if (waited.kind === "served") return waited.served;
    facts.turn = waited;
    if (waited.kind === "timeout") {
      return signals.fail(facts, "lock_timeout", { event: "lock_timeout", reason: `waited ${waited.waitedMs} ms` });
    }
    return signals.fail(facts, "session_unavailable", unavailable(waited.cause));
  }

  async function serve(visit: Visit, writer: Writer, turn?: Turn): Promise<Response> {
    const { request, route, brought, arrival, facts } = visit;
    const locked = turn !== undefined;
    const opened = await openForRoute({ request, route, token: brought.token, arrival, locked }, writer); // 4
    facts.turn = turn;
    facts.opened = opened;
    facts.openedAt = clock();
    facts.sessionId = opened.ref.id;
    if (opened.kind === "unavailable") return signals.fail(facts, "session_unavailable", unavailable(opened.cause));
    const { session } = opened;
    if (brought.token && !session.returning) {
      noteRefusal(facts, { session: brought.token.id.slice(0, 8), reason: "ended or superseded" });
    }
    const pool = upstream.poolOf(route, session.id);
    facts.pool = pool.config.id;
    if (session.shown?.stale) signals.note(facts, { event: "session_stale" });
    const sent = await upstream.send({
      ...visit,
      pool,
      sessionId: session.id, // 5
      sessionIsFresh: !session.returning,
      bornAt: session.token.bornAt,
      home: session.token.home,
      pin: session.token.pin,
      isStored: !session.isNew,
      handoff: await handoff.sign(session, pool.config, visit.now), // 6
      explain: facts.explains === "all" ? explain(facts, breakers) : undefined,
    });
    answeredBy(facts, sent);
    if (sent.kind !== "response") return unanswered(facts, sent);

    const { response } = sent;
    const refuse = async (code: FailureCode, entry: LogEntry, marks: boolean) => {
      await response.body?.cancel();
      const failure = signals.fail(facts, code, entry);
      if (marks) give(failure.headers, brought, { kind: "none" }, await markFor({ kind: "none" }, brought, writer));
      return failure;
    };
    const names = moorHeaders(response.headers);
    const remembers = writer.policy.remember !== undefined;
    const changes = readOriginChanges(response.headers, names, pool.config.session, remembers);
    if (changes.kind === "refused") {
      const { header, reason } = changes;
      return refuse("origin_change_refused", { event: "origin_change_refused", header, reason }, opened.marks);
    }
    recordChanges(session, changes);
    const { version } = changes;
    const isKeptBack = isTokenKeptBack(request, visit.url, brought);
    const isForeign = isKeptBack && !isSafe(request) && route.crossSite !== "allow";
    const ending = { request, opened, touches: route.touch, lease: turn?.lease, isForeign, version };
    const concluded = await conclude(ending, writer); // 7
    const { marks } = concluded;
    if (concluded.kind === "refused") return refuse(concluded.code, concluded.entry, marks);

    const { done } = concluded;
    facts.written = done.written;
    if (done.untouched) signals.note(facts, { event: "touch_failed" });
    if (ownNames(response.headers, carriers.own).length > 0) signals.note(facts, { event: "origin_cookie_dropped" });
    const moved = sent.pin === undefined ? undefined : { pin: sent.pin, isNews: isJustVouched(opened) };
    const isFresh = !session.returning && !isKeptBack;
    const mayGiveFresh = isFresh && (brought.asks || mayGiveFreshToken(request, clock() - visit.now));
    const token = await tokenFor(done, { mayGiveFresh, moved, withProof: holdsOneText(brought) }, writer); // 8
    const { maxSocketSeconds } = route;
    return respond(maxSocketSeconds === undefined ? response : withLongestLife(response, maxSocketSeconds), {
      moorHeaders: names,
      own: carriers.own,
      brought,
      page: visit.url,
      stripped: visit.stripped,
      token,
      mark: marks ? await markFor(token, brought, writer) : "",
      session: true,
      ...signals.told(facts),
    });
  }

  /** Assets and probes: affinity, but neither session nor handoff. */
  async function passOn(visit: Visit): Promise<Response> {
    const { route, now, brought, facts } = visit;
    const { token } = brought;
    const sessionId = token?.id ?? crypto.randomUUID();
    const pool = upstream.poolOf(route, sessionId);
    facts.pool = pool.config.id;
    const sent = await upstream.send({
      ...visit,
      pool,
      sessionId,
      sessionIsFresh: !token,
      bornAt: token?.bornAt ?? now,
      home: token?.home ?? visit.arrival.region,
      pin: token?.pin ?? 0,
      isStored: false,
    });
    answeredBy(facts, sent);
    if (sent.kind !== "response") return unanswered(facts, sent);
    const { response } = sent;
    const names = moorHeaders(response.headers);
    for (const header of names) signals.note(facts, { event: "origin_change_dropped", header });
    if (ownNames(response.headers, carriers.own).length > 0) signals.note(facts, { event: "origin_cookie_dropped" });
    return respond(response, {
      moorHeaders: names,
      own: carriers.own,
      brought,
      page: visit.url,
      stripped: visit.stripped,
      token: { kind: "none" },
      mark: "",
      session: false,
      ...signals.told(facts),
    });
  }

  /** One line per request, however many carriers it uses: a client fills the log no faster than with its requests. */
  function noteRefusal(facts: RequestFacts, entry: Pick<LogEntry, "session" | "reason">): void {
    if (!facts.isRefusalTold) signals.note(facts, { event: "token_refused", ...entry });
    facts.isRefusalTold = true;
  }

  function unanswered(facts: RequestFacts, failed: Failed): Response {
    const reason = failed.retry ? `${failed.kind}; the retry budget is spent` : failed.kind;
    return signals.fail(facts, CODE_OF[failed.kind], { event: "origin_failed", reason });
  }

  /** Answers what a client should not have asked. */
  function turnAway(facts: RequestFacts, code: FailureCode, reason: string = code): Response {
    facts.code = code;
    signals.note(facts, { event: "request_refused", reason });
    return failureResponse(code, facts.request, { requestId: requestIdOf(facts) });
  }

  return (request, keepAlive) => signals.serve(request, (facts) => receive(facts, keepAlive));
}

function unavailable(cause: unknown): LogEntry {
  return { event: "session_unavailable", reason: describeFault(cause) };
}

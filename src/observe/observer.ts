import type { ResolvedCors, ResolvedRoute } from "../config/resolved.ts";
import { type FailureCode, type FailureOptions, failureResponse } from "../errors.ts";
import { allowOrigin, preflight } from "../inbound/cors.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import { describeFault, type Log, type LogEntry } from "../log.ts";
import type { Breaker } from "../store/breaker.ts";
import { noCalls } from "../store/counted.ts";
import type { Taken } from "../store/locking.ts";
import type { Loss } from "../store/loss.ts";
import type { Opened } from "../store/open-session.ts";
import type { Failed } from "../upstream/send/forward.ts";
import type { Delivered } from "../upstream/upstream.ts";
import { explain, writeExplain } from "./explain.ts";
import { type RequestFacts, requestIdOf, SHOWN_CHARACTERS } from "./request-facts.ts";
import { aboutRequest } from "./request-line.ts";

/** Where an observer writes, and the text of its error page. */
export interface ObserverParts {
  readonly errorPage: string | undefined;
  /** Of the site; a route has its own. Default: no other origin reads an answer. */
  readonly cors?: ResolvedCors | undefined;
  /** Whether lines of events have the id of the trace. Default `false`. */
  readonly tellsTrace?: boolean;
  /** The breakers of the stores. */
  readonly breakers: readonly Breaker[];
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The outcome of a commit, as the observer hears of it. */
export interface CommittedChange {
  readonly written?: string | undefined;
  /** Why a touch could not be written. */
  readonly untouched?: unknown;
}

const LOSS_EVENTS = { "set-back": "authority_set_back", lost: "authority_lost" } as const;

const CODE_OF: Record<Failed["kind"], FailureCode> = {
  unreachable: "origin_unreachable",
  timeout: "origin_timeout",
  "invalid-status": "origin_unreachable",
  "own-origin-unavailable": "own_origin_unavailable",
};

/**
 * Listens to one request. The request announces each of its steps; the observer fills the request's facts, and logs the events
 * that operators want to see. Where Moor itself answers, the observer makes the response, because the response names the request.
 */
export class Observer {
  /** The facts so far. Only the observer changes them. */
  readonly facts: Readonly<RequestFacts>;
  readonly #facts: RequestFacts;
  readonly #parts: ObserverParts;

  constructor(facts: RequestFacts, parts: ObserverParts) {
    this.facts = facts;
    this.#facts = facts;
    this.#parts = parts;
  }

  /** The request goes to this path, which is normalised. A path below `/.moor/` may name a session, so it is not kept. */
  addressed(path: string): void {
    const facts = this.#facts;
    facts.isOwn = path.startsWith("/.moor/");
    facts.path = facts.isOwn ? "" : path;
  }

  /** The token that the client sent counts as no token. The log has one line per request, however many carriers the client uses. */
  tokenRefused(entry: Pick<LogEntry, "session" | "reason">): void {
    if (!this.#facts.isRefusalTold) this.note({ event: "token_refused", ...entry });
    this.#facts.isRefusalTold = true;
  }

  /** The request takes this route. */
  routed(route: ResolvedRoute): void {
    const facts = this.#facts;
    facts.route = route;
    if (!route.explain) return;
    facts.explains = "all";
    facts.calls ??= noCalls();
  }

  /** The request belongs to this session, as far as its token says. */
  identified(sessionId: string): void {
    this.#facts.sessionId = sessionId;
  }

  /** The session goes to this pool. */
  pooled(pool: string): void {
    this.#facts.pool = pool;
  }

  /** The request has waited for its session. */
  waited(turn: Taken): void {
    this.#facts.turn = turn;
  }

  /**
   * The session was read, or no store could answer.
   *
   * @param token the token that the client sent.
   */
  opened(opened: Opened, token: OpenedToken | undefined): void {
    const facts = this.#facts;
    facts.opened = opened;
    if (facts.explains !== "no") facts.openedAt = this.#parts.clock();
    facts.sessionId = opened.ref.id;
    if (opened.kind === "session" && token && !opened.session.returning) {
      this.tokenRefused({ session: token.id.slice(0, SHOWN_CHARACTERS), reason: "ended or superseded" });
    }
    if (opened.loss && token) this.lossProved(opened.loss, token.id);
  }

  /** The token of the session `id` proves that a store has lost data. */
  lossProved({ kind, store }: Loss, id: string): void {
    this.#facts.loss = { kind, store };
    this.note({ event: LOSS_EVENTS[kind], store, session: id.slice(0, SHOWN_CHARACTERS) });
  }

  /** The request is answered from a session that may be older than the state that its client has seen. */
  staleShown(): void {
    this.note({ event: "session_stale" });
  }

  /** The request was sent to origins. */
  sent(sent: Delivered): void {
    const facts = this.#facts;
    facts.attempts = sent.attempts;
    facts.hedge = sent.hedge === true;
    facts.retry = sent.retry;
    facts.panic = sent.panic === true;
    if (sent.kind !== "response") return;
    facts.origin = sent.origin.id;
    facts.chosen = sent.chosen;
    facts.originMs = sent.tookMs;
  }

  /** A change or a touch of the session was written, or could not be. */
  committed({ written, untouched }: CommittedChange): void {
    this.#facts.written = written;
    if (untouched) this.note({ event: "touch_failed" });
  }

  /** A login at the edge has begun (`begun`), was made (`done`), or has failed with a code. Its commit may fail after that. */
  loggedIn(outcome: string): void {
    this.#facts.login = outcome;
  }

  /** A response asked for a change of the session on a route that has no sessions. */
  changesDropped(headers: readonly string[]): void {
    for (const header of headers) this.note({ event: "origin_change_dropped", header });
  }

  /** A response tried to set cookies or headers that only Moor may set. The log has one line for each name. */
  ownNamesDropped(names: readonly Pick<LogEntry, "cookie" | "header">[]): void {
    for (const name of names) this.note({ event: "origin_cookie_dropped", ...name });
  }

  /** Logs an event of the request, with the request's id. */
  note(entry: LogEntry): void {
    this.#parts.log(aboutRequest(this.#facts, entry, { trace: this.#parts.tellsTrace === true }));
  }

  /** The request is refused because of a mistake of the client's. Returns the response. */
  refused(code: FailureCode, reason: string = code): Response {
    this.#facts.code = code;
    this.note({ event: "request_refused", reason });
    return this.#answer(code, {});
  }

  /** The request fails, through no mistake of the client's. Returns the response. */
  failed(code: FailureCode, entry: LogEntry): Response {
    const facts = this.#facts;
    facts.code = code;
    facts.failed = true;
    this.note(entry);
    const { errorPage } = this.#parts;
    const failure = this.#answer(code, { errorPage });
    if (facts.explains !== "no") writeExplain(failure.headers, this.explanation());
    return failure;
  }

  /** The response for a failure. A preflight is allowed: its script is to see the failure of the request itself. */
  #answer(code: FailureCode, options: FailureOptions): Response {
    const { request, route } = this.#facts;
    const cors = route ? route.cors : this.#parts.cors;
    const failure = () => failureResponse(code, request, { ...options, requestId: requestIdOf(this.#facts) });
    return preflight(request, cors) ?? allowOrigin(failure(), request, cors);
  }

  /** No origin has answered. Returns the response. */
  unanswered({ kind, retry }: Failed): Response {
    const reason = retry ? `${kind}; the retry budget is spent` : kind;
    return this.failed(CODE_OF[kind], { event: "origin_failed", reason });
  }

  /** The stores of the session do not answer. Returns the response. */
  sessionUnavailable(cause: unknown): Response {
    return this.failed("session_unavailable", { event: "session_unavailable", reason: describeFault(cause) });
  }

  /** The request has waited for its session in vain. Returns the response. */
  turnMissed(missed: Exclude<Taken, { kind: "turn" }>): Response {
    this.waited(missed);
    if (missed.kind === "unavailable") return this.sessionUnavailable(missed.cause);
    return this.failed("lock_timeout", { event: "lock_timeout", reason: `waited ${missed.waitedMs} ms` });
  }

  /**
   * The explanation of the request so far.
   *
   * @param replaced the headers of the origin, if Moor replaces the headers about caching. Default: it replaces no header.
   */
  explanation(replaced?: Headers): string {
    return explain(this.#facts, this.#parts.breakers, replaced);
  }
}

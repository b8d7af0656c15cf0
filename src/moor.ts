import { createAdmin } from "./admin/app.ts";
import { type CommitParts, commit, follow, tokenFor } from "./commit.ts";
import type { ResolvedConfig, ResolvedRoute } from "./config/types.ts";
import { type FailureCode, failureResponse } from "./errors.ts";
import { readAddress } from "./inbound/address.ts";
import { createCookieCarrier } from "./inbound/cookie-carrier.ts";
import { readMark, writeMark } from "./inbound/mark.ts";
import { regionOf } from "./inbound/region.ts";
import type { OpenedToken, Tokens } from "./inbound/tokens.ts";
import { describeFault, type Log, type LogEntry } from "./log.ts";
import { mayGiveFreshToken, ownSetCookies, respond } from "./respond.ts";
import type { Session } from "./session/session.ts";
import type { Breaker } from "./store/breaker.ts";
import type { Authority, Copies } from "./store/contracts.ts";
import { type Arrival, openSession, type SessionSource } from "./store/open-session.ts";
import { createOutage } from "./store/outage.ts";
import type { Fallback } from "./store/redis-contracts.ts";
import { createTiers } from "./store/tiers.ts";
import type { Handoff } from "./upstream/handoff.ts";
import { moorHeaders, readOriginChanges, recordChanges } from "./upstream/origin-changes.ts";
import { createUpstream } from "./upstream/upstream.ts";

/** What Moor is made of. */
export interface MoorParts {
  readonly config: ResolvedConfig;
  readonly tokens: Tokens;
  readonly authority: Authority;
  readonly memory: Copies;
  /** Copies in KV. Default: none. */
  readonly replicas?: Copies | undefined;
  /** What stands in while the authority cannot be reached. Default: nothing. */
  readonly fallback?: Fallback | undefined;
  /** Those of the stores, for explain. Default: none. */
  readonly breakers?: readonly Breaker[];
  readonly handoff: Handoff;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}

/** Answers a request; `keepAlive` holds on to work that must not end when its client leaves. */
export type Moor = (request: Request, keepAlive: (work: Promise<unknown>) => void) => Promise<Response>;

/** A request that has been routed. */
interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly host: string;
  readonly secure: boolean;
  readonly route: ResolvedRoute;
  readonly token: OpenedToken | undefined;
  readonly now: number;
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
/** `fetch` cannot send them. */
const UNSUPPORTED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

/** Puts Moor together. Below, a request goes by from top to bottom; the numbers are those of the README's picture. */
export function createMoor(parts: MoorParts): Moor {
  const { config, tokens, authority, handoff, clock, log } = parts;
  const { memory, replicas, fallback, breakers = [] } = parts;
  const outage = fallback && createOutage(fallback, { clock, backsUp: config.stores.backup !== "off" });
  const tiers = createTiers({ memory, replicas, authority, outage });
  const upstream = createUpstream(config, clock);
  const admin = createAdmin({ config, authority, handoff, clock });
  const opening = { tiers, tokens, policy: config.session };
  const writer: CommitParts = { authority, tiers, tokens, policy: config.session, clock };
  const https = createCookieCarrier({ secure: true, now: clock });
  const http = createCookieCarrier({ secure: false, now: clock });

  async function receive(request: Request, keepAlive: (work: Promise<unknown>) => void): Promise<Response> {
    const now = clock();
    const address = readAddress(request);
    if (address.kind === "malformed") return failureResponse("bad_request", request);
    if (address.kind === "insecure") return Response.redirect(address.location, 308);
    if (UNSUPPORTED_METHODS.has(request.method)) return failureResponse("method_not_supported", request);
    const { url, host, secure } = address;
    if (url.pathname.startsWith("/.moor/")) return admin.fetch(request);

    const text = (secure ? https : http).read(request); // 1
    const token = text === null ? undefined : await tokens.open(text, now); // 2
    const route = upstream.match(host, url.pathname); // 3
    if (!route) return failureResponse("no_route", request);
    const visit = { request, url, host, secure, route, token, now };
    const exchange = route.session ? serve(visit) : passOn(visit);
    // What an origin has done is not undone by a client that leaves.
    if (!SAFE_METHODS.has(request.method)) keepAlive(exchange);
    return exchange;
  }

  async function serve(visit: Visit): Promise<Response> {
    const { request, route, token, now, secure } = visit;
    const strict = route.freshness === "strict";
    const opened = await openSession(token, arrivalOf(visit), { ...opening, strict, onStale: route.onStale }); // 4
    if (opened.kind === "unavailable") {
      return fail(visit, "session_unavailable", { event: "session_unavailable", reason: describeFault(opened.cause) });
    }
    const { session, ref, source } = opened;
    const about = { session: session.id.slice(0, 8), pool: route.pool };
    if (session.shown?.stale) log({ event: "session_stale", ...about });
    const explain = config.explain ? describeSession(session, source, breakers) : undefined;
    const pool = upstream.poolOf(route);
    const forwarded = await upstream.send({
      ...visit,
      sessionId: session.id, // 5
      sessionIsFresh: !session.returning,
      handoff: await handoff.sign(session, pool.config, now), // 6
      explain,
    });
    if (forwarded.kind !== "response") return unanswered(visit, forwarded.kind, about);

    const { response, origin, attempts } = forwarded;
    const named = { ...about, origin: origin.id };
    let { marks } = opened;
    const refuse = async (code: FailureCode, entry: LogEntry) => {
      await response.body?.cancel();
      const failure = fail(visit, code, { ...named, ...entry });
      if (marks) mark(secure)(failure.headers);
      return failure;
    };
    const names = moorHeaders(response.headers);
    const changes = readOriginChanges(response.headers, names, pool.config.session.may);
    if (changes.kind === "refused") {
      const { header, reason } = changes;
      return refuse("origin_change_refused", { event: "origin_change_refused", header, reason });
    }
    recordChanges(session, changes);
    let committed = await commit(session, ref, writer); // 7
    marks ||= committed.marks === true;
    if (committed.kind === "done" && changes.version !== undefined) {
      committed = await follow(committed, changes.version, ref, writer);
      marks ||= committed.marks === true;
    }
    switch (committed.kind) {
      case "ended":
        return refuse("session_ended", { event: "session_ended" });
      case "refused":
        return refuse("origin_change_refused", { event: "origin_change_refused", reason: committed.reason });
      case "unavailable":
        return refuse("session_unavailable", { event: "session_unavailable", reason: describeFault(committed.cause) });
    }
    if (committed.untouched) log({ event: "touch_failed", ...named });
    if (ownSetCookies(response.headers).length > 0) log({ event: "origin_cookie_dropped", ...named });
    return respond(response, {
      moorHeaders: names,
      token: await tokenFor(committed, mayGiveFreshToken(request, clock() - now), writer), // 8
      mark: marks ? mark(secure) : undefined,
      carrier: secure ? https : http,
      session: true,
      explain: explain && `${explain}; origin=${origin.id}; attempts=${attempts}`,
    });
  }

  /** Assets and probes: affinity, but neither session nor handoff. */
  async function passOn(visit: Visit): Promise<Response> {
    const { token, route } = visit;
    const sessionId = token?.id ?? crypto.randomUUID();
    const forwarded = await upstream.send({ ...visit, sessionId, sessionIsFresh: !token });
    if (forwarded.kind !== "response") return unanswered(visit, forwarded.kind, { pool: route.pool });
    const { response, origin } = forwarded;
    const named = { pool: route.pool, origin: origin.id };
    const names = moorHeaders(response.headers);
    for (const header of names) log({ event: "origin_change_dropped", ...named, header });
    if (ownSetCookies(response.headers).length > 0) log({ event: "origin_cookie_dropped", ...named });
    const carrier = visit.secure ? https : http;
    return respond(response, {
      moorHeaders: names,
      token: { kind: "none" },
      mark: undefined,
      carrier,
      session: false,
      explain: undefined,
    });
  }

  /** The journal keeps what it was given for a day at least, or as long as the session can live. */
  function mark(secure: boolean): (headers: Headers) => void {
    const lifeSeconds = Math.max(config.session.absoluteSeconds, 86_400);
    return (headers) => writeMark(headers, secure, { at: clock(), lifeSeconds });
  }

  function unanswered(visit: Visit, kind: "unreachable" | "timeout", about: Omit<LogEntry, "event">): Response {
    const code = kind === "timeout" ? "origin_timeout" : "origin_unreachable";
    return fail(visit, code, { event: "origin_failed", reason: kind, ...about });
  }

  function fail({ request }: Visit, code: FailureCode, entry: LogEntry): Response {
    log(entry);
    return failureResponse(code, request);
  }

  return receive;
}

function arrivalOf({ request, secure, now }: Visit): Arrival {
  const { cf } = request as { cf?: { colo?: unknown } };
  return {
    arrivedAt: now,
    colo: String(cf?.colo ?? ""),
    region: regionOf(cf),
    markedAt: readMark(request, secure, now),
  };
}

/** How the session was resolved, for explain: neither attributes nor ids. */
function describeSession({ view, shown }: Session, source: SessionSource, breakers: readonly Breaker[]): string {
  const broken = breakers.filter((breaker) => breaker.state() !== "closed");
  return [
    `session=${source}`,
    `version=${view?.version ?? 0}`,
    ...(shown?.stale ? ["stale"] : []),
    ...(shown?.journaled ? ["journaled"] : []),
    ...broken.map((breaker) => `${breaker.name}=${breaker.state()}`),
  ].join("; ");
}

import { oldPoolOf, type ResolvedAdoption } from "../config/adopt.ts";
import type { ResolvedRoute } from "../config/resolved.ts";
import { isTokenKeptBack } from "../inbound/cross-site.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { describeFault } from "../log.ts";
import { SHOWN_CHARACTERS } from "../observe/request-facts.ts";
import type { AnyVisit } from "../request/exchange.ts";
import { changeNow } from "../session/change.ts";
import type { OldRef, View } from "../session/record.ts";
import { refOf } from "../store/open-session.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { createAdopting } from "./adopting.ts";
import { forget, sentCookies, withCookies } from "./cookies.ts";
import { createFollowing, type Following } from "./following.ts";
import { askerOf, type Told } from "./old-application.ts";
import { createOlds, type Old } from "./old-sessions.ts";
import type { AdoptionParts, RoutedVisit } from "./parts.ts";

/** The outcome for a client that came with the cookie of an old application. */
type Arrived<Routed extends RoutedVisit> =
  /** `cookies`: `Set-Cookie` headers for the response. */
  { kind: "visit"; visit: Routed; cookies: readonly string[] } | { kind: "refused"; response: Response };

/** Adopts the living sessions of old applications, and keeps their old sessions in step where that matters. */
export interface Adoption extends Following {
  /** Ends the old session of a session that has just ended. Returns `Set-Cookie` headers by which the browser forgets its cookies. */
  ended(old: OldRef, visit: AnyVisit): Promise<string[]>;
  /**
   * Gives the old session the attributes of its session, if the request goes back to the old application. A login or a rotation at Moor is not
   * brought back, because somebody else may know the id of the old session. Neither is anything brought back to attributes that were too large.
   *
   * @param pool the id of the pool to which the request goes.
   */
  bringBack(view: View, visit: AnyVisit, pool: string): Promise<void>;
  /** Whether the client has to be looked at: it has no stored session of Moor's, and came with a cookie of an old application. */
  concerns(visit: RoutedVisit): boolean;
  /** Has the request answered: with the token of its adopted session, or as it was. */
  serve<Routed extends RoutedVisit>(visit: Routed, serve: (visit: Routed) => Promise<Response>): Promise<Response>;
}

/** The values of a session's cookie: RFC 6265 section 4.1.1, long enough for 96 bits, and short enough for a browser. */
const WELL_FORMED = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{16,4096}$/;

const REMEMBERED = 8_192;

/** Puts the adoption together. It needs the pools, because old applications are asked over them. */
export function createAdoption(parts: AdoptionParts, upstream: Upstream): Adoption {
  const { authority, policy, refusals, recent, clock } = parts;
  const adopting = createAdopting(parts);
  const olds = createOlds(parts, upstream);

  /** The cookies of an old application, if the request is to be asked about there. */
  function cookieOf({ entry, until }: Old, visit: RoutedVisit): string | undefined {
    const { request, route, arrival, client } = visit;
    if (arrival.arrivedAt >= until || isOnOldSide(entry, route, client.token?.id)) return undefined;
    const values = sentCookies(entry, request.headers.get("Cookie")).map(({ value }) => value);
    return values.some((text) => WELL_FORMED.test(text)) ? [entry.from, ...values].join("\n") : undefined;
  }

  /** Whether requests go to the old application itself: always, or because this session is drawn to it. */
  function isOnOldSide(entry: ResolvedAdoption, route: ResolvedRoute, sessionId: string | undefined): boolean {
    const oldPool = oldPoolOf(entry);
    if (oldPool === undefined) return false;
    if (route.pool.every(({ id }) => id === oldPool)) return true;
    return sessionId !== undefined && upstream.poolOf(route, sessionId).config.id === oldPool;
  }

  /** The answer about one old application; `undefined`: the client has no session there that Moor could adopt. */
  async function tryOne<Routed extends RoutedVisit>(old: Old, visit: Routed): Promise<Arrived<Routed> | undefined> {
    const cookie = cookieOf(old, visit);
    if (cookie === undefined) return undefined;
    const { entry, until, application } = old;
    const { from } = entry;
    const { request, observer, keepAlive } = visit;
    const { headers } = request;
    const name = await nameOf(cookie);
    if (refusals.isKnown(name, clock())) return undefined;
    if (refusals.isLimited(headers, clock())) {
      const response = observer.failed("too_many_new_sessions", {
        event: "adoption_refused",
        reason: `${from}: limit`,
      });
      return { kind: "refused", response };
    }
    const unavailable = (cause: unknown): Arrived<Routed> => {
      const entry = { event: "adoption_unavailable", reason: describeFault(cause) } as const;
      return { kind: "refused", response: observer.failed("session_unavailable", entry) };
    };
    const heard = await application.ask(askerOf(visit));
    if (heard.kind === "unavailable") {
      if (await recent.isRecent(from, clock())) return unavailable(heard.cause);
      observer.note({ event: "adoption_unavailable", reason: describeFault(heard.cause) });
      return undefined;
    }
    // A session without a login and without attributes holds nothing that its visitor could miss.
    const isEmpty =
      heard.kind === "session" && heard.principal === undefined && isBlank(heard.attributes) && !heard.tooLarge;
    if (heard.kind === "none" || isEmpty) {
      const reason = heard.kind === "none" ? heard.reason : undefined;
      if (reason !== undefined) observer.note({ event: "adoption_refused", reason: `${from}: ${reason}` });
      await refusals.note(name, headers, clock());
      return undefined;
    }
    const isNew = (sessionId: string) => !isOnOldSide(entry, visit.route, sessionId);
    const adopted = await adopting.adopt({ entry, until, session: heard, visit, isNew });
    switch (adopted.kind) {
      case "unavailable":
        return unavailable(adopted.cause);
      case "stays":
        return {
          kind: "visit",
          visit: { ...visit, client: withToken(visit, undefined), arrival: adopted.arrival },
          cookies: [],
        };
      case "closed":
        observer.note({ event: "adoption_refused", reason: `${from}: ${adopted.reason}` });
        await refusals.note(name, headers, clock());
        if (adopted.reason === "closed") return { kind: "visit", visit, cookies: [] };
        if (heard.id !== undefined && !heard.readOnly)
          told(await application.end(askerOf(visit), heard.id), visit, from);
        return { kind: "visit", visit, cookies: cookiesToClear(old, visit, heard) };
      case "adopted": {
        const { token } = adopted;
        const reason = [adopted.reason, heard.flaw].filter((flaw) => flaw !== undefined).join("; ");
        observer.note({
          event: "session_adopted",
          kind: from,
          session: token.id.slice(0, SHOWN_CHARACTERS),
          ...(reason && { reason }),
        });
        keepAlive(recent.note(from, clock()));
        const renewed = heard.readOnly ? [] : heard.cookies;
        const cookies = heard.id === undefined ? [...cookiesToClear(old, visit, heard), ...renewed] : [];
        return { kind: "visit", visit: { ...visit, client: withToken(visit, token) }, cookies };
      }
    }
  }

  const broughtBack = new BoundedMap<string, number>(REMEMBERED);
  const readOnly = new Set<string>();

  /** Tells operators, once in an isolate, that something did not reach an old application whose sessions this Moor may only read. */
  function noteReadOnly(from: string, { observer }: AnyVisit): void {
    if (!readOnly.has(from)) observer.note({ event: "adoption_read_only", kind: from });
    readOnly.add(from);
  }

  /** Whether the old application needs not be told again. */
  function told(answer: Told, visit: AnyVisit, from: string): boolean {
    if (answer.kind === "forbidden") noteReadOnly(from, visit);
    if (answer.kind !== "unavailable") return true;
    visit.observer.note({ event: "adoption_unavailable", reason: describeFault(answer.cause) });
    return false;
  }

  return {
    ...createFollowing(parts, olds),

    async ended(ref, visit) {
      const old = olds.of(ref);
      const { token } = visit.client;
      if (!old || !token) return [];
      if (ref.readOnly) {
        noteReadOnly(ref.from, visit);
        return cookiesToClear(old, visit, ref);
      }
      const answer = await olds.end(ref, token.id, askerOf(visit));
      const isSettled = told(answer, visit, ref.from);
      // Else the alarm of the session ends it. If this note is lost, the alarm ends it once more.
      if (isSettled)
        visit.keepAlive(
          authority.commit(refOf(token, visit.arrival), changeNow({ settlesOld: true }, { clock, policy })),
        );
      return cookiesToClear(old, visit, { readOnly: answer.kind === "forbidden" });
    },

    async bringBack(view, visit, pool) {
      const { id, generation, version, old: ref } = view;
      const old = ref && olds.of(ref);
      // The old application has the attributes of version 1, because the session was adopted with them.
      const isNews = generation === 0 && version > 1 && broughtBack.get(id) !== version;
      if (!old || ref.leftAttributes || oldPoolOf(old.entry) !== pool || !isNews) return;
      if (ref.readOnly) noteReadOnly(ref.from, visit);
      else if (!told(await olds.bringBack(ref, view, askerOf(visit)), visit, ref.from)) return;
      broughtBack.set(id, version);
    },

    concerns(visit) {
      const { client, request, url } = visit;
      const { token } = client;
      // A token with a stored session always wins. A token that no store knows yields, because nothing is lost with it.
      if (token && (token.version > 0 || token.markedAt !== undefined)) return false;
      if (!request.headers.has("Cookie") || isTokenKeptBack(request, url, client)) return false;
      return olds.all.some((old) => cookieOf(old, visit) !== undefined);
    },

    async serve(visit, serve) {
      for (const old of olds.all) {
        const arrived = await tryOne(old, visit);
        if (arrived?.kind === "refused") return arrived.response;
        if (arrived) return withCookies(await serve(arrived.visit), arrived.cookies);
      }
      return serve(visit);
    },
  };
}

function withToken({ client }: AnyVisit, token: OpenedToken | undefined): AnyVisit["client"] {
  return { ...client, token, isProvisional: false };
}

function isBlank(attributes: object): boolean {
  return Object.keys(attributes).length === 0;
}

/**
 * `Set-Cookie` headers for the cookies of the old application that the request brings. A Moor that may only read clears those of its own host
 * alone: a cookie with a `Domain` is also the cookie of the Moor that owns the sessions.
 */
function cookiesToClear(
  { entry }: Old,
  { request }: AnyVisit,
  { readOnly }: { readonly readOnly?: boolean },
): string[] {
  return forget(sentCookies(entry, request.headers.get("Cookie")), readOnly ? undefined : entry.domain);
}

/** Names a cookie without holding it in memory. */
async function nameOf(cookie: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(cookie));
  return encodeBase64url(new Uint8Array(digest, 0, 16));
}

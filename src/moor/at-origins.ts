import type { Adoption } from "../adoption/adoption.ts";
import type { RequireConfig } from "../config/login-types.ts";
import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Arrival } from "../inbound/arrival.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { Logins } from "../login/logins.ts";
import type { Exchange, Handling, Responded, Responder, Visit } from "../request/exchange.ts";
import { withLongestLife } from "../request/socket-life.ts";
import { NO_INTENT, type Session } from "../session/session.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { Pool } from "../upstream/pool.ts";
import type { Body } from "../upstream/send/body.ts";
import type { Delivered, Upstream } from "../upstream/upstream.ts";
import { withCookieChanges } from "../upstream/wire/change-cookie.ts";
import { type HeaderNames, namesIn, type RefusedResponse, readIntent } from "../upstream/wire/origin-headers.ts";

/** A request that has been routed. */
export interface Routed extends Visit {
  readonly host: string;
  readonly route: ResolvedRoute;
  readonly body: Body;
  /** Everything that the request requires of a login; `undefined`: nothing. */
  readonly required: readonly RequireConfig[] | undefined;
  /** How the session is handled: as the route says, or more strictly if the path may lead to a stricter page. */
  readonly handling: Handling;
}

/** Has requests answered at origins. */
export interface AtOrigins {
  /** Answers a request with a session. Steps 4, 7 and 8 of the README's list are those of the exchange. */
  serve(routed: Routed): Promise<Response>;
  /** Passes on a request for an asset or of a probe: it has an origin of its session's, but neither session nor handoff. */
  passOn(routed: Routed): Promise<Response>;
}

/** The parts that answer at origins. */
export interface AtOriginsParts {
  readonly config: Pick<ResolvedConfig, "session">;
  readonly exchange: Pick<Exchange, "serve" | "passOn">;
  readonly upstream: Pick<Upstream, "poolOf" | "send">;
  /** Default: no route requires a login. */
  readonly logins: Pick<Logins, "deny" | "denies" | "renewing"> | undefined;
  /** Default: no session was adopted from an old application. */
  readonly adoption: Pick<Adoption, "bringBack" | "endsWithOld"> | undefined;
}

type AnsweredBy = Extract<Delivered, { kind: "response" }>;
type Met = Awaited<ReturnType<Responder<Response>["respond"]>>;

/** Puts together how requests are answered at origins. The numbers are those of the README's list. */
export function createAtOrigins({ config, exchange, upstream, logins, adoption }: AtOriginsParts): AtOrigins {
  const remembers = config.session.remember !== undefined;

  function serve(routed: Routed): Promise<Response> {
    const { route, observer } = routed;
    const { maxSocketSeconds } = route;
    let pool: Pool;
    const origins: Responder<Response> = {
      assign(sessionId) {
        pool = poolFor(routed, sessionId);
        return route.attemptDeadlineMs ?? pool.config.attemptDeadlineMs;
      },
      answersItself(session) {
        const { required } = routed;
        if (typeof MOOR_LOGIN !== "undefined" && !MOOR_LOGIN) return false;
        return required !== undefined && logins?.denies(routed, session, { route, required }) === true;
      },
      respond(found) {
        if ((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && logins?.renewing) return prepare(found);
        if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && routed.required) return prepare(found);
        if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && found.session.view?.old) return prepare(found);
        return ask(found.session);
      },
    };

    /** Does what comes before the origin: renews the login, refuses a request without the login that it needs, follows the old application. */
    async function prepare(found: OpenedSession): Promise<Met> {
      const renewing = (typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && logins?.renewing;
      const opened = renewing ? await renewing.opened(found) : found;
      const { session } = opened;
      const { required } = routed;
      if ((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && logins && required) {
        const denied = await logins.deny(routed, opened, { route, required });
        if (denied) return denied;
      }
      if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && session.view?.old && adoption) {
        if (await adoption.endsWithOld(opened, routed, pool.config.id))
          return { kind: "over", answer: await serve(withoutToken(routed)) };
        await adoption.bringBack(session.view, routed, pool.config.id);
      }
      return ask(session);
    }

    /** Has an origin answer. It waits by a `then`, because an `async` function would leave each request twice as much garbage. */
    function ask(session: Session): Promise<Met> {
      const { id, bornAt, home, pin } = session.token;
      const { request, url, host, body } = routed;
      const sending = upstream.send({
        request,
        url,
        host,
        body,
        route,
        pool, // 5
        sessionId: id,
        // A session that has just been adopted is known by its old cookie alone.
        sessionIsFresh: !session.returning || session.token.byOldCookie === true,
        bornAt,
        home,
        pin,
        isStored: session.view !== undefined,
        session, // 6
        explain: observer.facts.explains === "all" ? observer.explanation() : undefined,
      });
      return sending.then((sent) => {
        observer.sent(sent);
        if (sent.kind !== "response") return { kind: "over", answer: observer.unanswered(sent) };
        const { response, names } = sent;
        return names.setsCookies ? readCookies(sent) : respondedBy(sent, response, names);
      });
    }

    /** The same for an answer that sets cookies. A framework that can set cookies, and no headers, asks for its changes in one of them. */
    async function readCookies(sent: AnsweredBy): Promise<Responded> {
      const read = await withCookieChanges(sent.response, sent.sentHeaders.get("Moor-Session") ?? "");
      if (!(read instanceof Response)) return respondedBy(sent, sent.response, sent.names, read);
      const isSame = read === sent.response;
      const names = isSame ? sent.names : namesIn(read.headers, pool.config.announcedHeaders);
      return respondedBy(sent, read, names);
    }

    /** @param refused why the response is refused. Default: its headers tell what it asks for. */
    function respondedBy(
      { pin, isBinding }: AnsweredBy,
      response: Response,
      names: HeaderNames,
      refused?: RefusedResponse,
    ): Responded {
      const { session: rights } = pool.config;
      const asked = names.moor.length > 0 ? readIntent(response.headers, names, rights, remembers) : NO_INTENT;
      return { kind: "response", response, names, intent: refused ?? asked, pin, isBinding };
    }

    const served = exchange.serve(routed, routed.handling, origins);
    return maxSocketSeconds === undefined
      ? served
      : served.then((response) => withLongestLife(response, maxSocketSeconds));
  }

  async function passOn(routed: Routed): Promise<Response> {
    const { arrival, observer } = routed;
    const { token } = routed.client;
    const { id, bornAt, home, pin } = token ?? nobody(arrival);
    const pool = poolFor(routed, id);
    const who = { sessionId: id, sessionIsFresh: !token, bornAt, home, pin };
    const sent = await upstream.send({ ...routed, pool, ...who, isStored: false });
    observer.sent(sent);
    if (sent.kind !== "response") return observer.unanswered(sent);
    return exchange.passOn(routed, sent.response, sent.names);
  }

  function poolFor({ route, observer }: Routed, sessionId: string): Pool {
    const pool = upstream.poolOf(route, sessionId);
    observer.pooled(pool.config.id);
    return pool;
  }

  return { serve, passOn };
}

/** Stands for a token where none came: the request goes to any origin. */
function nobody({ arrivedAt, region }: Arrival): Pick<OpenedToken, "id" | "bornAt" | "home" | "pin"> {
  return { id: crypto.randomUUID(), bornAt: arrivedAt, home: region, pin: 0 };
}

/** The request as if it had come without a token, because its session has just ended. */
function withoutToken(routed: Routed): Routed {
  return { ...routed, client: { ...routed.client, token: undefined, isProvisional: false } };
}

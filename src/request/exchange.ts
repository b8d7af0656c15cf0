import type { ResolvedConfig } from "../config/resolved.ts";
import type { Address } from "../inbound/address.ts";
import { arrivalOf } from "../inbound/arrival.ts";
import { type Carriers, type Client, createCarriers, type OpenToken } from "../inbound/carriers.ts";
import { SAFE_METHODS } from "../inbound/cross-site.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { AskedParts } from "../lib/asked.ts";
import type { Observer } from "../observe/observer.ts";
import { markLifeOf } from "../session/policy.ts";
import type { OldRef } from "../session/record.ts";
import type { Locks } from "../store/contracts.ts";
import { inTurn, isLocked, type Turn } from "../store/locking.ts";
import { type Opened, openForRoute, refOf } from "../store/open-session.ts";
import type { HeaderNames } from "../upstream/wire/origin-headers.ts";
import { createCarried } from "./carried.ts";
import { commit } from "./commit.ts";
import { createConclude, finish } from "./conclude.ts";
import { logOut } from "./logout.ts";
import type { MoorParts } from "./parts.ts";
import { repost } from "./repost.ts";
import { NO_TOKEN } from "./respond.ts";
import type { Handling, Responder } from "./responder.ts";
import { createStores, type Stores, type StoresParts } from "./stores.ts";
import type { AnyVisit, KeepAlive, Visit } from "./visit.ts";

export type { Handling, Responded, Responder } from "./responder.ts";
export type { AnyVisit, KeepAlive, Visit } from "./visit.ts";

/** The steps of a request that the proxy and the middleware share. */
export interface Exchange {
  readonly carriers: Carriers;
  /** Reads the token of a request, and cuts it out of the address. Answers at once if no token must be opened for the first time. */
  enter<AsRead extends AskedParts>(
    request: AsRead,
    address: Extract<Address, { kind: "address" }>,
    observer: Observer,
    keepAlive: KeepAlive,
  ): Visit<AsRead> | Promise<Visit<AsRead>>;
  /** Opens the session of a request, and changes nothing. A build without the console has no such step. */
  look?(
    visit: AnyVisit,
    handling: Pick<Handling, "session" | "touch" | "freshness" | "onStale">,
  ): Opened | Promise<Opened>;
  /** Answers a request to `LOGOUT_PATH`. */
  logOut(visit: AnyVisit): Promise<Response>;
  /** Serves a request with a session: opens it, has the request answered, commits the changes, and gives the token. */
  serve<Over>(visit: AnyVisit, handling: Handling, responder: Responder<Over>): Promise<Response | Over>;
  /**
   * The response of an origin to a request without a session, for its client: it changes no session, and gives no token.
   */
  passOn(visit: AnyVisit, response: Response, names: HeaderNames): Response;
}

/** The parts of an exchange. */
export interface ExchangeParts extends StoresParts, Pick<MoorParts, "tracer"> {
  readonly config: StoresParts["config"] & Pick<ResolvedConfig, "carriers" | "cors" | "logout">;
  /** See {@link TokenOptions}. */
  readonly ended?: ((old: OldRef, visit: AnyVisit) => Promise<readonly string[]>) | undefined;
}

/** Answers a request whose address leads nowhere. */
export function answerAstray(address: Exclude<Address, { kind: "address" }>, observer: Observer): Response {
  return address.kind === "insecure"
    ? Response.redirect(address.location, 308)
    : observer.refused("bad_request", "malformed address");
}

/** Answers a form of another site's page; see {@link repost}. */
export async function postAgain({ url, observer }: AnyVisit, request: Request | Promise<Request>): Promise<Response> {
  const again = await repost(await request, url);
  return again.kind === "page" ? again.page : observer.refused(again.code, again.reason);
}

/** Whether a request waits for the requests of its session that came before it. Without a token no other request can have its key. */
export function waitsForTurn({ request, client }: AnyVisit, handling: Handling): boolean {
  return client.token !== undefined && isLocked(handling, request.method);
}

/** Whether a request goes on when its client leaves: its answer cannot be undone, or its lease must be given back. */
export function outlivesClient({ request }: AnyVisit, { locking }: Handling): boolean {
  return !SAFE_METHODS.has(request.method) || locking === "all";
}

/** Puts together the steps that the proxy and the middleware share. The numbers are those of the README's list. */
export function createExchange(parts: ExchangeParts): Exchange {
  const { config, tokens, clock } = parts;
  const markLifeSeconds = markLifeOf(config.session);
  const carried =
    typeof MOOR_COOKIE_SESSIONS === "undefined" || MOOR_COOKIE_SESSIONS ? createCarried(parts) : undefined;
  const holdsSessions = carried !== undefined;
  const connect = typeof MOOR_ROWS === "undefined" || MOOR_ROWS ? parts.connect : undefined;
  const carriers = createCarriers(config.carriers, { now: clock, markLifeSeconds, holdsSessions });
  const allStores = createStores(parts);
  const endedOf = (visit: AnyVisit) => parts.ended && ((old: OldRef) => parts.ended?.(old, visit));
  let open = openForRoute;
  let write = commit;
  if ((typeof MOOR_TRACES === "undefined" || MOOR_TRACES) && parts.tracer) {
    open = parts.tracer.spanned("moor.resolve", open);
    write = parts.tracer.spanned("moor.commit", write);
  }
  const conclude = createConclude({ write, carriers, clock, endedOf });
  const bindsToHost = config.session.bindTo === "host";

  /** Has a request wait for the requests of its session that came before it. */
  async function answerInTurn<Over>(
    visit: AnyVisit,
    handling: Handling,
    responder: Responder<Over>,
    stores: Stores,
    locks: Locks,
  ): Promise<Response | Over> {
    const { arrival, observer, keepAlive } = visit;
    const token = visit.client.token as OpenedToken;
    observer.identified(token.id);
    const waiting = { route: handling, attemptDeadlineMs: responder.assign(token.id), keepAlive };
    const waited = await inTurn(locks, refOf(token, arrival), waiting, (turn) => {
      observer.waited(turn);
      return answer(visit, handling, responder, stores, turn);
    });
    return waited.kind === "served" ? waited.served : observer.turnMissed(waited);
  }

  /** Opens the session, and has the request answered. */
  async function answer<Over>(
    visit: AnyVisit,
    handling: Handling,
    responder: Responder<Over>,
    stores: Stores,
    turn?: Turn,
  ): Promise<Response | Over> {
    const { request, client, arrival, observer, toMark } = visit;
    const { answersItself } = responder;
    const { token } = client;
    const asked = { request, route: handling, token, arrival, toMark, locked: turn !== undefined, answersItself };
    const opening = open(asked, stores); // 4
    const opened = opening instanceof Promise ? await opening : opening;
    observer.opened(opened, token);
    if (opened.kind === "unavailable") return observer.sessionUnavailable(opened.cause);
    responder.assign(opened.session.token.id);
    if (opened.session.stale) observer.staleShown();
    const responded = await responder.respond(opened); // 5, 6
    if (responded.kind === "over") return responded.answer;
    const concluded = conclude({ visit, handling, opened, responded, stores, turn }); // 7, 8
    // To return a promise costs more than to await it, and to await what is no promise costs as much.
    return concluded instanceof Promise ? await concluded : concluded;
  }

  return {
    carriers,

    enter(request, { url, secure }, observer, keepAlive) {
      const { arrivedAt } = observer.facts;
      const boundTo = bindsToHost ? url.hostname : undefined;
      const opening: OpenToken = {
        known: (credentials) => tokens.known(credentials, arrivedAt, boundTo),
        open: (credentials) =>
          tokens.open(credentials, arrivedAt, (reason) => observer.tokenRefused({ reason }), boundTo),
      };
      const client = carriers.read(request, secure, carried ? carried.opensWith(opening) : opening); // 1, 2
      const stripped = carriers.strip?.(url);
      const arrival = arrivalOf(request, arrivedAt, boundTo);
      const toMark = new Set<string>();
      const visitOf = (client: Client) => {
        return { request, url, stripped, client, arrival, observer, keepAlive, toMark };
      };
      return client instanceof Promise ? client.then(visitOf) : visitOf(client);
    },

    ...(typeof MOOR_CONSOLE === "undefined" || MOOR_CONSOLE
      ? {
          look: ({ request, client: { token }, arrival, toMark }, route) =>
            openForRoute({ request, route, token, arrival, toMark }, allStores.shared),
        }
      : undefined),

    logOut(visit) {
      const { observer, keepAlive } = visit;
      const { calls } = observer.facts;
      const connected = carried ? carried.connect(visit) : connect?.();
      const stores = calls || connected ? allStores.forOne(calls, connected) : allStores.shared;
      const { cors, logout: how } = config;
      const logout = { ...visit, sameSite: carriers.sameSite, cors, ended: endedOf(visit), ...how };
      const ended = logOut(logout, stores, (entry) => observer.note(entry));
      keepAlive(connected ? ended.then(connected.end, connected.end) : ended);
      return ended;
    },

    serve(visit, handling, responder) {
      const { calls } = visit.observer.facts;
      const connected = carried ? carried.connect(visit) : connect?.();
      const stores = calls || connected ? allStores.forOne(calls, connected) : allStores.shared;
      const served =
        stores.locks && waitsForTurn(visit, handling)
          ? answerInTurn(visit, handling, responder, stores, stores.locks)
          : answer(visit, handling, responder, stores);
      if (connected) visit.keepAlive(served.then(connected.end, connected.end));
      return served;
    },

    passOn(visit, response, names) {
      visit.observer.changesDropped(names.moor);
      return finish(visit, response, { names, token: NO_TOKEN, mark: "", session: false }, carriers.own);
    },
  };
}

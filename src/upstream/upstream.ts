import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Asked } from "../inbound/arrival.ts";
import { createClientAddress } from "../inbound/client-address.ts";
import { type Chosen, chosenAs } from "./choose/chosen.ts";
import type { Learned } from "./choose/learn.ts";
import type { ChoiceFacts } from "./choose/order.ts";
import type { PinFacts } from "./choose/pins.ts";
import { type Candidates, createPool, type Pool, type PoolBindings } from "./pool.ts";
import { createRoutes, createSplit, type Routes, type Split } from "./routes.ts";
import type { Outgoing } from "./send/attempt.ts";
import type { Body } from "./send/body.ts";
import { type Answered, type Failed, type Forwarded, forward } from "./send/forward.ts";
import { isHedgeable } from "./send/hedge.ts";
import { createRetries, type Retries } from "./send/retries.ts";
import type { HandedSession, Handoff, Recipient } from "./wire/handoff.ts";
import { requestHeaders, type Told } from "./wire/request-headers.ts";

/** A request to be sent to a pool. */
export interface Sending {
  readonly request: Asked;
  /** Its body; see `takeBody`. */
  readonly body: Body;
  /** Its address, parsed once. */
  readonly url: URL;
  readonly host: string;
  readonly route: ResolvedRoute;
  /** Of the route's pools, the session's. */
  readonly pool: Pool;
  /** The session id, which affinity hashes by default. */
  readonly sessionId: string;
  /** Whether the request did not bring the session's token. */
  readonly sessionIsFresh: boolean;
  /** When the session was born, in milliseconds since 1970. */
  readonly bornAt: number;
  /** Of the session's token; see {@link ChoiceFacts}. */
  readonly home: number;
  /** Of the session's token; see {@link PinFacts}. */
  readonly pin: number;
  /** Whether the session is stored, so that origins may hold something of it. */
  readonly isStored: boolean;
  /** The session that origins are told of; left out on routes without a session. */
  readonly session?: HandedSession | undefined;
  readonly explain?: string | undefined;
  /** A question of Moor's own, in place of the visitor's request. */
  readonly question?: string | undefined;
}

/** The result of a request. For an answered request also why it met that origin, and where its session is now. */
export type Delivered =
  | Failed
  | (Answered & {
      readonly chosen: Chosen;
      /** The token's new pin; `undefined`: the pin stays as it is. */
      readonly pin: number | undefined;
      /** Whether the pin binds the session for the first time, to the server that a former balancer chose. Default `false`. */
      readonly isBinding?: boolean;
      /** The headers of the request to the origin. */
      readonly sentHeaders: Headers;
    });

/** Everything behind Moor: routes, pools and their origins. */
export interface Upstream {
  readonly match: Routes["match"];
  /** The pool of a route for a session. */
  poolOf(route: ResolvedRoute, sessionId: string): Pool;
  /** Chooses origins for a request and sends it to the first that answers. */
  send(sending: Sending): Promise<Delivered>;
}

/**
 * Compiles the routes and pools of a configuration.
 *
 * @param cut cuts the headers that carriers read out of a request's headers.
 * @param handoff tells origins of sessions. Without it no request may have a session.
 * @throws TypeError if a binding is missing that the configuration needs.
 */
export function createUpstream(
  config: ResolvedConfig,
  clock: () => number,
  cut: Told["cut"],
  bindings: PoolBindings = {},
  handoff?: Handoff,
): Upstream {
  const pools = new Map(config.pools.map((pool) => [pool.id, createPool(pool, { clock, ...bindings })]));
  const poolAt = (id: string): Pool => {
    const pool = pools.get(id);
    if (!pool) throw new TypeError(`route to pool "${id}", which does not exist`);
    return pool;
  };
  const readAddress = createClientAddress(config.trustedProxies);
  const retries = new Map(config.routes.map((route) => [route, createRetries(route)]));
  const splits = new Map(config.routes.map((route) => [route, createSplit(route.pool, poolAt)]));

  /** Chooses the origins that a request may meet, best first. */
  function choose(sending: Sending, learned: Learned | undefined, mayRetry: Retries): Choice {
    const { request, url, route, pool, sessionId, sessionIsFresh, bornAt, home, pin } = sending;
    const { headers } = request;
    const clientIp = readAddress ? readAddress(headers) : (headers.get("CF-Connecting-IP") ?? undefined);
    const facts = { sessionId, sessionIsFresh, bornAt, home, pin, learned, headers, url, clientIp };
    // A session that does not exist at the application yet may begin at any origin.
    const isBound = !learned || learned.origin !== undefined;
    const strict = isBound && (route.strictAffinity ?? pool.config.strictAffinity);
    const now = clock();
    const mayReturn = pool.losses.isUsed || !pool.health.allHealthy();
    if (mayReturn) pool.losses.checkReturning(sessionId, pool.panic.isOn, now);
    const { order, own, isSteady } = pool.choose(facts, { resendable: mayRetry.lost, strict, now });
    return { order, own, isSteady, facts, strict, now };
  }

  /** The request as it goes to whichever of the chosen origins answers, with its signed handoff. */
  function outgoing(
    sending: Sending,
    { facts, own }: Choice,
    mayRetry: Retries,
    to: Recipient,
    signed: string | undefined,
  ): Outgoing {
    const { request, body, url, host, route, pool, pin, session, explain, question } = sending;
    const { method, headers } = request;
    const { clientIp, sessionId } = facts;
    const movedFrom = (index: number) => {
      const last = pin === 0 && index === own ? undefined : pool.pins.movedFrom(facts, own, index);
      return last === undefined ? undefined : pool.origins[last]?.id;
    };
    const { cf } = request as { cf?: { clientAcceptEncoding?: string } };
    const acceptEncoding = cf?.clientAcceptEncoding;
    const forbidsCaches = session !== undefined && pool.config.cacheBetween;
    const told = requestHeaders(headers, {
      cut,
      protocol: to.scheme,
      method,
      host,
      port: url.port,
      clientIp,
      acceptEncoding,
      handoff: signed,
      explain,
      question,
      forwardedHeaders: pool.config.forwardedHeaders,
      forbidsCaches,
    });
    return {
      method,
      target: url.pathname + url.search,
      asked: url,
      headers: told,
      handAnew: session && handoff && (async () => told.set("Moor-Session", await handoff.sign(session, to, clock()))),
      movedFrom: sending.isStored ? movedFrom : undefined,
      body,
      retries: mayRetry,
      isEvidence: !(body instanceof ReadableStream) && headers.get("Upgrade") === null,
      clientIp,
      session: sessionId,
      hasSession: session !== undefined,
      forbidsCaches,
      deadlineMs: route.attemptDeadlineMs ?? pool.config.attemptDeadlineMs,
      hedgeAfterMs: route.hedgeAfterMs && isHedgeable(request) ? route.hedgeAfterMs : undefined,
    };
  }

  /** Asks where the session is, and how the origins are, before an origin is chosen. Most requests ask neither. */
  async function askFirst(sending: Sending, looking: Promise<void> | undefined): Promise<Delivered> {
    const { request, url, pool } = sending;
    const learned = pool.learning && (await pool.learning.read(request.headers.get("Cookie"), url));
    await looking;
    return chooseAndSend(sending, learned);
  }

  /** Chooses the origins, and signs the handoff for them if that has not been done before. */
  function chooseAndSend(sending: Sending, learned?: Learned): Promise<Delivered> {
    const { request, url, body, route, pool, session } = sending;
    const mayRetry = (retries.get(route) as ReturnType<typeof createRetries>)(request, body);
    const choice = choose(sending, learned, mayRetry);
    const scheme = request.url.startsWith("https:") ? "https" : "http";
    const to = { pool: pool.config, host: url.host, scheme, route };
    const signed = session && handoff?.known(session, to, choice.now);
    return session && handoff && signed === undefined
      ? signAndSend(sending, choice, mayRetry, to, handoff.sign(session, to, choice.now))
      : deliver(sending, choice, outgoing(sending, choice, mayRetry, to, signed));
  }

  async function signAndSend(
    sending: Sending,
    choice: Choice,
    mayRetry: Retries,
    to: Recipient,
    signing: Promise<string>,
  ): Promise<Delivered> {
    return deliver(sending, choice, outgoing(sending, choice, mayRetry, to, await signing));
  }

  /** Sends the request to the first origin that answers. */
  function deliver(sending: Sending, choice: Choice, going: Outgoing): Promise<Delivered> {
    const { pool } = sending;
    return forward(going, choice.order, pool, clock, choice.now).then((forwarded) => {
      const sent: Forwarded = pool.panic.isOn ? { ...forwarded, panic: true } : forwarded;
      if (sent.kind !== "response")
        return sent.kind === "unreachable" && choice.strict ? { ...sent, kind: "own-origin-unavailable" } : sent;
      const { response, names, origin } = sent;
      const told = (names.hasAddress && origin.addresses?.(response, sending)) || response;
      return pool.learning
        ? pool.learning
            .teach(told, origin.index)
            .then((taught) => delivered(sending, choice, sent, taught, going.headers))
        : delivered(sending, choice, sent, told, going.headers);
    });
  }

  /** Learns from an answer where the session is now. */
  function delivered(
    sending: Sending,
    choice: Choice,
    answered: Answered,
    response: Response,
    sentHeaders: Headers,
  ): Delivered {
    const { pool, sessionIsFresh } = sending;
    const { facts, own, now } = choice;
    const { learned } = facts;
    const { id, index } = answered.origin;
    // A session that has just begun may never come back, and a hedge does not tell where the session is.
    const bound = learned?.origin === undefined ? (sessionIsFresh ? undefined : facts.sessionId) : learned.value;
    if (bound !== undefined && !answered.hedged) pool.live?.served(id, bound);
    const chosen = whyChosen(pool, choice, answered);
    let pin: number | undefined;
    if (facts.pin !== 0 || index !== own) {
      const left = pool.pins.pinned(facts) ?? own;
      const isForGood = left === undefined || left === index || pool.isLeftForGood(facts, left, now);
      pin = pool.pins.after(facts, own, index, isForGood);
    }
    return { ...answered, response, chosen, sentHeaders, pin };
  }

  return {
    match: createRoutes(config.routes).match,
    poolOf: (route, sessionId) => (splits.get(route) as Split<Pool>)(sessionId),
    send(given) {
      let sending = given;
      let formerPin: number | undefined;
      // A question carries no token, and only the server that has the session in its memory can answer it.
      if (
        (typeof MOOR_FORMER_BALANCER === "undefined" || MOOR_FORMER_BALANCER) &&
        (given.sessionIsFresh || given.question)
      ) {
        formerPin = given.pool.formerPin?.(given.request.headers.get("Cookie"));
        if (formerPin !== undefined) sending = { ...given, pin: formerPin };
      }
      const looking = sending.pool.live?.look(clock());
      const sent = sending.pool.learning || looking ? askFirst(sending, looking) : chooseAndSend(sending);
      return formerPin === undefined ? sent : binding(sent, formerPin);
    },
  };
}

/** The facts by which a request's origins were chosen, and the choice. */
interface Choice extends Candidates {
  readonly facts: ChoiceFacts;
  /** Whether the request may meet its session's own origin alone. */
  readonly strict: boolean;
  /** When it was made, in milliseconds since 1970. */
  readonly now: number;
}

/** Binds a session to the server on which another balancer has kept it so far, unless that is the session's own origin. */
async function binding(sent: Promise<Delivered>, pin: number): Promise<Delivered> {
  const met = await sent;
  return met.kind === "response" ? { ...met, pin: met.pin === 0 ? undefined : pin, isBinding: true } : met;
}

/** Why a request met the origin that answered. */
function whyChosen(pool: Pool, { facts, isSteady, order, now }: Choice, { origin, hedged }: Answered): Chosen {
  const { index, backup } = origin;
  const first = order[0]?.index;
  const isUsual = isSteady && index === first && !hedged && !backup && !facts.learned && !facts.pin;
  if (isUsual) return "affinity";
  return chosenAs({
    index,
    hedged,
    backup,
    first,
    learned: facts.learned?.origin,
    pinned: facts.pin && pool.config.failback === "pin" ? pool.pins.pinned(facts) : undefined,
    home: () => (isSteady ? first : pool.homeOf(facts, now)),
    regionOf: (at) => pool.config.origins[at]?.region,
  });
}

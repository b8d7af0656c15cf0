import { loginAt } from "../../config/logins.ts";
import type { ResolvedLogin, ResolvedPool, ResolvedRoute } from "../../config/resolved.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import type { Policy } from "../../session/change.ts";
import { isTouchDue, touchEveryMs, touched } from "../../session/deadlines.ts";
import type { JsonObject } from "../../session/patch.ts";
import { attributeBytesOf, type View } from "../../session/record.ts";
import type { Session } from "../../session/session.ts";
import { createJwts, type PublicJwk } from "./jwt.ts";
import { loginClaim } from "./login-claim.ts";

/** A handoff is reused for half of its life, and for no longer than this. */
const LONGEST_REUSE_MS = 30_000;
/** How much of signed handoffs is held, in characters; at most twice as much. */
const REMEMBERED_CHARACTERS = 8 * 1024 * 1024;
/** How many handoffs of one session are held: a visitor rarely meets more pools and addresses within half a minute. */
const MOST_OF_SESSION = 4;

/** The claims of a handoff. */
export interface HandoffClaims {
  readonly iss: string;
  /** The pool. */
  readonly aud: string;
  /** The session's id; absent while it exists nowhere. */
  readonly sid?: string;
  readonly gen: number;
  readonly ver: number;
  /** The public address of the request; see {@link Recipient}. */
  readonly host: string;
  readonly scheme: string;
}

/** The request that a handoff goes with, and the pool whose origins read it. */
export interface Recipient {
  readonly pool: ResolvedPool;
  /** The host that the client asked for, in small letters, with its port if that is not the scheme's own. */
  readonly host: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** The route of the request, with its own timeouts. Default: the request renews nothing, and the timeouts are the site's. */
  readonly route?: Pick<ResolvedRoute, "session" | "touch"> | undefined;
}

/** The part of a session that a handoff tells. */
export type HandedSession = Pick<Session, "view" | "stale" | "journaled" | "flash">;

/** Tells origins, signed, which session a request belongs to. */
export interface Handoff {
  /** The same as {@link sign}, if that handoff has been signed before; `undefined`: it must be signed. */
  known(session: HandedSession, to: Recipient, now: number): string | undefined;
  /** The `Moor-Session` header for a request to an origin: a JWT (RFC 7519), ES256. At least its configured life is left. */
  sign(session: HandedSession, to: Recipient, now: number): Promise<string>;
  /** The claims of a handoff that this ring has signed and that is still valid; else `undefined`. */
  verify(jwt: string, now: number): Promise<HandoffClaims | undefined>;
  /** The ring's public keys as a JWK set (RFC 7517). */
  keySet(): Promise<{ keys: PublicJwk[] }>;
}

/** How handoffs are made. */
export interface HandoffOptions {
  /** Secrets are PKCS #8 (P-256). */
  readonly ring: KeyRing;
  /** The `iss` claim. */
  readonly issuer: string;
  /** Attributes up to this many bytes of JSON travel in the `data` claim. */
  readonly dataBytes: number;
  /** How long a handoff is valid at least, counted from when it is sent. */
  readonly lifeSeconds: number;
  /** The timeouts of sessions. */
  readonly policy: Policy;
  /** Whose roles the `login` claim names. Default: there are no logins, and the claim is left out. */
  readonly logins?: readonly ResolvedLogin[] | undefined;
}

/**
 * Handoffs signed by the ring's first key. A handoff is signed once per session version, pool, public address and deadlines. It is
 * reused for half of its life, and at most for 30 seconds; its `exp` is later by that much. Sessions that do not exist yet share one
 * handoff per pool and address.
 */
export function createHandoff({ ring, issuer, dataBytes, lifeSeconds, policy, logins = [] }: HandoffOptions): Handoff {
  const signed = new BoundedMap<string, readonly Signed[]>(REMEMBERED_CHARACTERS, charactersOf);
  const reuseMs = Math.min(LONGEST_REUSE_MS, lifeSeconds * 500);
  const jwts = createJwts(ring);

  /** The deadlines of a session, as the pages of a route may tell them; milliseconds since 1970. */
  function deadlinesOf(view: View, route: Recipient["route"], now: number): Pick<Signed, "idle" | "absolute"> {
    const { touchedAt, idleDeadline } =
      route?.touch && isTouchDue(view, now, policy) ? touched(now, policy, view) : view;
    const own = typeof route?.session === "object" ? route.session : undefined;
    const idle = own?.idleSeconds
      ? Math.min(idleDeadline, touchedAt + own.idleSeconds * 1000 + touchEveryMs(policy, view))
      : idleDeadline;
    const absolute = own?.absoluteSeconds
      ? Math.min(view.absoluteDeadline, view.bornAt + own.absoluteSeconds * 1000)
      : view.absoluteDeadline;
    return { idle, absolute };
  }

  function known(session: HandedSession, to: Recipient, now: number): string | undefined {
    const { view, journaled, stale, flash } = session;
    // Journaled changes have no version of their own, and a flash is for a single request.
    if (journaled || stale || flash) return undefined;
    const held = signed.get(view ? view.id : nameOf(to));
    if (!held) return undefined;
    const { idle, absolute } = view ? deadlinesOf(view, to.route, now) : NO_DEADLINES;
    for (const each of held) {
      const isSame =
        each.version === (view?.version ?? 0) &&
        each.generation === (view?.generation ?? 0) &&
        each.idle === idle &&
        each.absolute === absolute &&
        each.pool === to.pool.id &&
        each.host === to.host &&
        each.scheme === to.scheme;
      if (isSame && now < each.usedUntil) return each.jwt;
    }
    return undefined;
  }

  return {
    known,

    async sign(session, to, now) {
      const held = known(session, to, now);
      if (held !== undefined) return held;
      const { view, journaled, stale, flash } = session;
      const { pool, host, scheme, route } = to;
      const deadlines = view && deadlinesOf(view, route, now);
      const jwt = await jwts.sign({
        ...claimsOf(session, pool, dataBytes),
        ...((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && view?.login
          ? loginClaim(view.login, pool, loginAt(logins, host.replace(/:\d+$/, "")))
          : undefined),
        ...(deadlines && {
          idle: Math.floor(deadlines.idle / 1000),
          absolute: Math.floor(deadlines.absolute / 1000),
        }),
        host,
        scheme,
        iss: issuer,
        aud: pool.id,
        iat: Math.floor(now / 1000),
        exp: Math.ceil((now + reuseMs) / 1000) + lifeSeconds,
      });
      if (!journaled && !stale && !flash) {
        const { version = 0, generation = 0 } = view ?? {};
        const { idle, absolute } = deadlines ?? NO_DEADLINES;
        const news = {
          version,
          generation,
          idle,
          absolute,
          pool: pool.id,
          host,
          scheme,
          jwt,
          usedUntil: now + reuseMs,
        };
        if (view) signed.set(view.id, [news, ...(signed.get(view.id) ?? [])].slice(0, MOST_OF_SESSION));
        else signed.set(nameOf(to), [news]);
      }
      return jwt;
    },

    async verify(jwt, now) {
      const claims = await jwts.open(jwt);
      return claims && isCurrent(claims, issuer, now) ? claims : undefined;
    },

    keySet: () => jwts.keySet(),
  };
}

/** A signed handoff, and what it tells. Numbers, because a text of them would have to be made and hashed for each request. */
interface Signed {
  /** 0: the session exists nowhere. */
  readonly version: number;
  readonly generation: number;
  /** See `deadlinesOf`. */
  readonly idle: number;
  readonly absolute: number;
  readonly pool: string;
  readonly host: string;
  readonly scheme: string;
  readonly jwt: string;
  /** Milliseconds since 1970. */
  readonly usedUntil: number;
}

const NO_DEADLINES = { idle: 0, absolute: 0 };

function charactersOf(handoffs: readonly Signed[]): number {
  return handoffs.reduce((sum, { jwt }) => sum + jwt.length, 0);
}

/** The name under which the handoff of all sessions that exist nowhere is held; no session's id has a space. */
function nameOf({ pool, host, scheme }: Recipient): string {
  return `${pool.id} ${scheme} ${host}`;
}

/** Whether these are the claims of a handoff of this issuer that is still valid: the ring may have signed something else. */
function isCurrent(
  claims: Readonly<Record<string, unknown>>,
  issuer: string,
  now: number,
): claims is Readonly<Record<string, unknown>> & HandoffClaims {
  const { iss, aud, sid, gen, ver, iat, exp } = claims;
  const isHandoff =
    iss === issuer &&
    typeof aud === "string" &&
    (sid === undefined || typeof sid === "string") &&
    [gen, ver, iat, exp].every(Number.isSafeInteger);
  return isHandoff && Math.floor(now / 1000) < Number(exp);
}

function claimsOf(
  { view, stale, flash }: HandedSession,
  pool: ResolvedPool,
  dataBytes: number,
): Record<string, unknown> {
  if (!view) return { gen: 0, ver: 0, new: true };
  const data = visible(view.attributes, pool);
  const bytes = data === view.attributes ? view.attributeBytes : attributeBytesOf(data);
  return {
    sid: view.id,
    gen: view.generation,
    ver: view.version,
    ...(view.principal === undefined ? {} : { sub: view.principal }),
    ...(view.loggedInAt === undefined ? {} : { auth_time: Math.floor(view.loggedInAt / 1000) }),
    born: Math.floor(view.bornAt / 1000),
    ...(stale ? { stale: true } : {}),
    ...(bytes <= dataBytes ? { data } : {}),
    ...(flash ? { flash: visible(flash, pool) } : {}),
  };
}

/** The attributes that a pool's origins may see. */
export function visible(attributes: JsonObject, pool: ResolvedPool): JsonObject {
  const { see } = pool.session;
  if (see === true) return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => see.includes(name)));
}

import type { ResolvedPool } from "../../config/resolved.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { BoundedMap } from "../../lib/bounded-map.ts";
import type { JsonObject } from "../../session/patch.ts";
import { attributeBytesOf } from "../../session/record.ts";
import type { Session } from "../../session/session.ts";
import { createJwts, type PublicJwk } from "./jwt.ts";

/** How long a handoff is valid. */
export const HANDOFF_LIFE_SECONDS = 60;
const REUSED_WHILE_SECONDS_LEFT = 30;
/** How much of signed handoffs is held, in characters; at most twice as much. */
const REMEMBERED_CHARACTERS = 8 * 1024 * 1024;

/** The claims of a handoff. */
export interface HandoffClaims {
  /** The pool. */
  readonly aud: string;
  /** The session's id; absent while it exists nowhere. */
  readonly sid?: string;
  readonly gen: number;
  readonly ver: number;
}

/** The part of a session that a handoff tells. */
export type HandedSession = Pick<Session, "view" | "stale" | "journaled" | "flash">;

/** Tells origins, signed, which session a request belongs to. */
export interface Handoff {
  /** The `Moor-Session` header for a request to an origin of `pool`: a JWT (RFC 7519), ES256. */
  sign(session: HandedSession, pool: ResolvedPool, now: number): Promise<string>;
  /** The claims of a handoff that this ring has signed and that is still valid; else `undefined`. */
  verify(jwt: string, now: number): Promise<HandoffClaims | undefined>;
  /** The ring's public keys as a JWK set (RFC 7517). */
  keySet(): Promise<{ keys: PublicJwk[] }>;
}

/**
 * Handoffs signed by the ring's first key. A handoff is signed once per session version and pool, and reused while 30
 * seconds of it are left. Sessions that do not exist yet share one handoff per pool.
 *
 * @param options.ring secrets are PKCS #8 (P-256).
 * @param options.issuer the `iss` claim.
 * @param options.dataBytes attributes up to this many bytes of JSON travel in the `data` claim.
 */
export function createHandoff(options: { ring: KeyRing; issuer: string; dataBytes: number }): Handoff {
  const { ring, issuer, dataBytes } = options;
  const signed = new BoundedMap<string, { jwt: string; expiresAt: number }>(
    REMEMBERED_CHARACTERS,
    ({ jwt }) => jwt.length,
  );
  const jwts = createJwts(ring);

  return {
    async sign(session, pool, now) {
      const { view, stale, journaled, flash } = session;
      // Journaled changes on top of a version have no name of their own, and a flash is for a single request.
      const isNamed = !journaled && !stale && !flash;
      const name = view ? `${pool.id} ${view.id} ${view.generation} ${view.version}` : pool.id;
      const held = isNamed ? signed.get(name) : undefined;
      if (held && held.expiresAt - now > REUSED_WHILE_SECONDS_LEFT * 1000) return held.jwt;
      const iat = Math.floor(now / 1000);
      const exp = iat + HANDOFF_LIFE_SECONDS;
      const jwt = await jwts.sign({ ...claimsOf(session, pool, dataBytes), iss: issuer, aud: pool.id, iat, exp });
      if (isNamed) signed.set(name, { jwt, expiresAt: exp * 1000 });
      return jwt;
    },

    async verify(jwt, now) {
      const claims = await jwts.open(jwt);
      return claims && isCurrent(claims, issuer, now) ? claims : undefined;
    },

    keySet: () => jwts.keySet(),
  };
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

import type { ResolvedAdoption } from "../config/adopt.ts";
import type { Arrival } from "../inbound/arrival.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import { whereaboutsOf } from "../inbound/whereabouts.ts";
import { changeNow, type Ref } from "../session/change.ts";
import { attributeBytesOf } from "../session/record.ts";
import { refOf } from "../store/open-session.ts";
import type { OldSession } from "./answer.ts";
import type { AdoptionParts, RoutedVisit } from "./parts.ts";

/** An old session that is to be adopted. */
export interface Asked {
  readonly entry: ResolvedAdoption;
  /** When adoptions end, in milliseconds since 1970. */
  readonly until: number;
  readonly session: OldSession;
  readonly visit: RoutedVisit;
  /** Whether a session goes to another pool than the old application's. */
  readonly isNew: (sessionId: string) => boolean;
}

/** The outcome of an adoption. */
export type Adopted =
  /** `reason`: what was left out. */
  | { kind: "adopted"; token: OpenedToken; reason?: string }
  /** The session is drawn to the old application's pool. A fresh token has the key of the arrival, so it stays there. */
  | { kind: "stays"; arrival: Arrival }
  /** The cookie opens nothing any more: its session has ended at Moor, or its token has come back long ago. */
  | { kind: "closed"; reason: "ended" | "closed" }
  | { kind: "unavailable"; cause: unknown };

/** Turns an old session into a session of Moor's. */
export interface Adopting {
  adopt(asked: Asked): Promise<Adopted>;
}

/** How many fresh keys are tried until one goes to a new pool: enough for a share of a hundredth. */
const MOST_KEYS = 1_000;

/** Founds sessions from those of old applications. */
export function createAdopting({ authority, tokens, clock, config, policy, adoptKey }: AdoptionParts): Adopting {
  const lifeMs = policy.newSessionHours * 3_600_000;

  /** The token of the session: each request with the same old id has the same key. An old session without an id gets a fresh key. */
  async function tokenFor({ entry, session, visit: { arrival }, isNew }: Asked): Promise<OpenedToken> {
    const { arrivedAt, region, boundTo } = arrival;
    const mint = (key?: Uint8Array<ArrayBuffer>) => tokens.mint(arrivedAt, lifeMs, region, boundTo, key);
    if (session.id !== undefined) return mint(await adoptKey.derive(entry.from, session.id, boundTo));
    let token = await mint();
    for (let tries = 1; tries < MOST_KEYS && !isNew(token.id); tries++) token = await mint();
    return token;
  }

  return {
    async adopt(asked) {
      const { entry, until, session, visit, isNew } = asked;
      const { arrival, request } = visit;
      const minted = await tokenFor(asked);
      if (!isNew(minted.id)) return { kind: "stays", arrival: { ...arrival, key: minted.key } };

      const bytes = attributeBytesOf(session.attributes);
      const isTooLarge = session.tooLarge || bytes > policy.maxAttributeBytes;
      const { principal, id, expiresAt, readOnly } = session;
      const sealed = id && (await adoptKey.seal(entry.from, id, minted.id));
      const index = config.principals && principal !== undefined;
      const change = changeNow(
        {
          patches: [isTooLarge ? {} : session.attributes],
          ...(principal === undefined ? {} : { principal }),
          ...(index ? { index: { where: whereaboutsOf(request), limit: config.principals.limit } } : {}),
          touch: true,
          // Only an id opens the session a second time, so only an id needs a tombstone beyond the usual.
          adopts: {
            until: id === undefined ? arrival.arrivedAt : until,
            expiresAt,
            graceSeconds: entry.graceSeconds,
            ...(sealed === undefined
              ? {}
              : {
                  old: {
                    from: entry.from,
                    sealed,
                    ...(isTooLarge ? { leftAttributes: true as const } : {}),
                    ...(readOnly && { readOnly }),
                  },
                }),
          },
        },
        { clock, policy },
      );
      const ref: Ref = { ...refOf(minted, arrival), byOldCookie: true };
      const committed = await authority.commit(ref, change);
      switch (committed.kind) {
        case "committed": {
          const { version, replicated } = committed.copy;
          // Older than any state, so that the response gives the client the token.
          const token = { ...minted, version, replicated, touchedAt: 0, expiresAt: 0, byOldCookie: true as const };
          return {
            kind: "adopted",
            token,
            ...(isTooLarge && { reason: "its attributes are too large, and left out" }),
          };
        }
        case "ended":
          return { kind: "closed", reason: "ended" };
        case "superseded":
        case "conflict":
          return { kind: "closed", reason: "closed" };
        case "refused":
          return { kind: "unavailable", cause: new Error(`the adoption was refused: ${committed.reason}`) };
        case "unavailable":
          return committed;
      }
    },
  };
}

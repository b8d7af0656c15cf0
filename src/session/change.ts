import type { ResolvedConfig } from "../config/resolved.ts";
import type { Whereabouts } from "../inbound/whereabouts.ts";
import { randomId } from "../lib/base64url.ts";
import type { Adoption } from "./adopting.ts";
import type { Login } from "./login.ts";
import type { JsonObject } from "./patch.ts";

/** The session that a request belongs to, according to its token and proof. Times are milliseconds since 1970. */
export interface Ref {
  readonly id: string;
  readonly generation: number;
  /** When the session was born, if its token may still found it; else 0. */
  readonly bornAt: number;
  /** When the request reached the edge. Idleness is judged by this time. */
  readonly arrivedAt: number;
  /** Whether the request reached the edge outside the region in which the session was born. */
  readonly away?: boolean;
  /** When the token was signed. Present if the request is away and its token says that there is a replica. */
  readonly signedAt?: number;
  /** When the journal may last have taken a change of the visitor; absent if it never did. */
  readonly markedAt?: number;
  /** The newest version that the visitor has seen; absent if they have seen none. A record below it was set back. */
  readonly seenVersion?: number;
  /** Whether the request came with the cookie of an old application alone, so that it does not show that the token has arrived. */
  readonly byOldCookie?: true;
}

/** The reference for a request that does not come from the visitor. `now`: milliseconds since 1970. */
export function unattended(id: string, now: number): Ref {
  return { id, generation: 0, bornAt: 0, arrivedAt: now };
}

/** The timeouts of a session, in seconds. */
export interface Timeouts {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

/** The deadlines and limits that apply to a change. */
export type Policy = ResolvedConfig["session"] & {
  /** The shortest idle timeout of a route: touches are as frequent as it needs. Absent: no route sets its own. */
  readonly strictestIdleSeconds?: number | undefined;
};

/** How many sessions a principal may have at once, and how a login above that is treated. */
export type SessionLimit = NonNullable<ResolvedConfig["principals"]>["limit"];

/** The details of a login that the index of the principal's sessions receives. */
export interface IndexNote {
  readonly where: Whereabouts;
  readonly limit: SessionLimit;
}

/** The changes that a request asks of a session. A change is applied once, by its id. */
export interface Change {
  /** Random, 128 bits. */
  readonly id: string;
  /**
   * JSON merge patches of the attributes (RFC 7396), applied in order. They stay separate. If one patch removes an object and the
   * next sets a member of it, no single patch does both.
   */
  readonly patches?: readonly JsonObject[];
  /** Sets the principal. This rotates the session, even if the principal stays the same. */
  readonly principal?: string;
  /** With a principal: the login at the provider. Its `at` is set when it is applied. */
  readonly login?: Login;
  /** With a login: the refresh token that the provider gave, sealed. Only the object of the session keeps it. */
  readonly grant?: string;
  /** With a principal: they want to be remembered. */
  readonly remember?: true;
  /** The details of a login for the index of the principal's sessions. Absent: there is no index. */
  readonly index?: IndexNote;
  /** Raises the generation. */
  readonly rotate?: true;
  readonly end?: true;
  /** Founds the session from an old application's, or opens the session that an earlier adoption has founded, unchanged. */
  readonly adopts?: Adoption;
  /** The old session of an ended session has ended, too. */
  readonly settlesOld?: true;
  /** Why the session ends, if it has passed a timeout that only a route sets. */
  readonly endReason?: "idle" | "absolute";
  /** Merge patches of the flash, which the next handoff shows once. */
  readonly flash?: readonly JsonObject[];
  /** Takes the flash out of the record, for one handoff. */
  readonly takeFlash?: true;
  /** The client sent its token back: renews the idle deadline. */
  readonly touch?: true;
  /** Refuses the change unless the record has this version. */
  readonly ifVersion?: number;
  /** The lease under which the change is made. If the lease is missing or over, the change is a conflict. */
  readonly lease?: string;
  /** No store applies the change after this time. */
  readonly expiresAt: number;
  readonly policy: Policy;
}

/** How long a change may be under way, in seconds. After that no store applies it. */
export const CHANGE_LIFE_SECONDS = 8;

/** How far the clocks of isolates, objects, alarms, and Redis may be apart, in milliseconds. */
export const CLOCKS_APART_MS = 1_000;

/** A change that asks for `asked`, and whose life begins now. */
export function changeNow(asked: Partial<Change>, { clock, policy }: { clock: () => number; policy: Policy }): Change {
  return { id: randomId(), expiresAt: clock() + CHANGE_LIFE_SECONDS * 1000, policy, ...asked };
}

/** When the life of a change began, in milliseconds since 1970. */
export function madeAt({ expiresAt }: Change): number {
  return expiresAt - CHANGE_LIFE_SECONDS * 1000;
}

/** Whether a text may be a principal: visible ASCII, 1 to 256 characters. */
export function isPrincipal(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text);
}

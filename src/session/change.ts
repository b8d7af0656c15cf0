import type { ResolvedConfig } from "../config/resolved.ts";
import type { Whereabouts } from "../inbound/whereabouts.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import type { JsonObject } from "./patch.ts";

/** Which session a request belongs to, as far as its token and proof tell. Times are milliseconds since 1970. */
export interface Ref {
  readonly id: string;
  readonly generation: number;
  /** When the session was born, if its token may still found it; else 0. */
  readonly bornAt: number;
  /** When the request reached the edge: idleness is judged by it. */
  readonly arrivedAt: number;
  /** Where it did: the data centre's code, or "" when unknown. */
  readonly colo: string;
  /** Whether that is outside the region in which the session was born. */
  readonly away?: boolean;
  /** Away, with a token that tells of a replica: when that token was signed. */
  readonly signedAt?: number;
  /** When the journal may have taken something of the visitor, if ever. */
  readonly markedAt?: number;
}

/** When a session is over, in seconds. */
export interface Timeouts {
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
}

/** Deadlines and limits that a change is applied with. */
export type Policy = ResolvedConfig["session"] & {
  /** The shortest idle timeout of a route: touches are as frequent as it needs. Default: no route has one of its own. */
  readonly strictestIdleSeconds?: number | undefined;
};

/** How many sessions a principal may have at once, and what becomes of a login above that. */
export type SessionLimit = NonNullable<ResolvedConfig["principals"]>["limit"];

/** What the index of a principal's sessions is told of a login. */
export interface IndexNote {
  readonly where: Whereabouts;
  readonly limit: SessionLimit;
}

/** What a request asks of a session; applied once, by its id. */
export interface Change {
  /** Random, 128 bits. */
  readonly id: string;
  /**
   * JSON merge patches of the attributes (RFC 7396), applied in order. They stay apart: a patch that removes an object
   * and one that then sets a member of it have no single patch that does both.
   */
  readonly patches?: readonly JsonObject[];
  /** Sets the principal, which rotates, also if it is the same principal again. */
  readonly principal?: string;
  /** With a principal: he wants to be remembered. */
  readonly remember?: true;
  /** What the index of the principal's sessions is told of a login. Absent: there is no index. */
  readonly index?: IndexNote;
  /** Raises the generation. */
  readonly rotate?: true;
  readonly end?: true;
  /** Why it ends, if a timeout that only a route has is over. */
  readonly endReason?: "idle" | "absolute";
  /** Merge patches of the flash: what the next handoff shows, once. */
  readonly flash?: readonly JsonObject[];
  /** Takes the flash out, for one handoff. */
  readonly takeFlash?: true;
  /** The visitor came back with his token: renews the idle deadline. */
  readonly touch?: true;
  /** Refuses the change unless the record has this version. */
  readonly ifVersion?: number;
  /** The lease under which it is made: without it, or past its end, the change is a conflict. */
  readonly lease?: string;
  /** No store applies it after that. */
  readonly expiresAt: number;
  readonly policy: Policy;
}

/** How long a change may be under way, in seconds, before no store applies it. */
export const CHANGE_LIFE_SECONDS = 8;

/** How far the clocks of isolates, objects, alarms, and Redis may be apart, in milliseconds. */
export const CLOCKS_APART_MS = 1_000;

/** A random id for a change. */
export function newChangeId(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
}

/** A change by `asked`, which lives from now on. */
export function changeNow(asked: Partial<Change>, { clock, policy }: { clock: () => number; policy: Policy }): Change {
  return { id: newChangeId(), expiresAt: clock() + CHANGE_LIFE_SECONDS * 1000, policy, ...asked };
}

/** Visible ASCII, 1 to 256 characters: what a principal may be. */
export function isPrincipal(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text);
}

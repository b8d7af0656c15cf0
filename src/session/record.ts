import type { EndReason } from "../config/types.ts";
import type { JsonObject } from "./patch.ts";

/** What a request may know of a session. Times are milliseconds since 1970. */
export interface View {
  readonly id: string;
  readonly generation: number;
  /** Goes up with every committed change; a touch alone is not one. */
  readonly version: number;
  readonly attributes: JsonObject;
  /** Length of the attributes as UTF-8 JSON. */
  readonly attributeBytes: number;
  /** Visible ASCII, 1 to 256 characters. */
  readonly principal?: string;
  /** Shown to one handoff, and then gone. */
  readonly flash?: JsonObject;
  /** Whether the longer policy holds that its principal has chosen at his login. */
  readonly remembered?: true;
  readonly bornAt: number;
  /** Whole seconds, so that it compares equal with the token's. */
  readonly touchedAt: number;
  readonly idleDeadline: number;
  readonly absoluteDeadline: number;
  /** Whether the visitor's token has come back once; until then the idle timeout is shorter. */
  readonly returned: boolean;
  /** Present: a tombstone, which has no attributes and no principal. */
  readonly ended?: { readonly at: number; readonly reason: EndReason };
}

/** What the authority stores. */
export interface SessionRecord extends View {
  /** Fields are only added and unknown ones kept; raised only for a change that older code would damage. */
  readonly schema: 1;
  readonly rotatedAt?: number;
  /** How often it has been rotated within an hour that began at `since`, milliseconds since 1970. */
  readonly rotations?: { readonly since: number; readonly count: number };
  /** The session as the generation before is still shown it. */
  readonly before?: Before;
  /** Until then a version-0 token of this key can be alive, so the tombstone stays. */
  readonly foundingDeadline: number;
  /** Applied changes, kept until they can no longer arrive, so that a repeated one is applied once. */
  readonly recentChanges: readonly RecentChange[];
}

/** An applied change. `generation` is that of the view it was answered with. */
export interface RecentChange {
  readonly id: string;
  readonly expiresAt: number;
  readonly generation: number;
}

/**
 * The view before a rotation, which the generation before is still shown. If it {@link isSomebodys}, it is served for
 * `graceSeconds` after the rotation; else until `graceSeconds` after the first use of the new generation.
 */
export interface Before {
  readonly view: View;
  readonly graceSeconds: number;
  /** Milliseconds since 1970. Absent: nobody's view, and the new generation has not been used. */
  readonly servedUntil?: number;
  /** Whether the new generation has been used. */
  readonly used?: true;
}

/**
 * Whether a view may belong to somebody. Every login rotates, whether by principal or by attributes, so a view of
 * generation 0 has never been logged in to.
 */
export function isSomebodys({ generation }: Pick<View, "generation">): boolean {
  return generation > 0;
}

/** Length of attributes as UTF-8 JSON. */
export function attributeBytesOf(attributes: JsonObject): number {
  return new TextEncoder().encode(JSON.stringify(attributes)).length;
}

/** When the session is over: the nearer of its deadlines. */
export function deadlineOf(view: View): number {
  return Math.min(view.idleDeadline, view.absoluteDeadline);
}

/** The part of a record that may leave the authority. */
export function viewOf(record: SessionRecord): View {
  const { schema, rotatedAt, rotations, before, foundingDeadline, recentChanges, ...view } = record;
  return view;
}

/** What is kept of an ended session so that nothing revives it. */
export function tombstoneOf(record: SessionRecord, reason: EndReason, at: number): SessionRecord {
  const { attributes, principal, flash, before, rotations, ...kept } = record;
  return { ...kept, attributes: {}, attributeBytes: 2, version: record.version + 1, ended: { at, reason } };
}

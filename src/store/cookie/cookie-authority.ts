import type { ResolvedConfig } from "../../config/resolved.ts";
import { type Applied, apply, find } from "../../session/apply.ts";
import type { Change, Policy, Ref } from "../../session/change.ts";
import type { Copy } from "../../session/copy.ts";
import { touchEveryMs } from "../../session/deadlines.ts";
import { attributeBytesOf, type SessionRecord, tombstoneOf, type View, viewOf } from "../../session/record.ts";
import {
  contentOf,
  MOST_AHEAD_MS,
  NO_HORIZON,
  newestStamp,
  type Operation,
  operationId,
  pendingFlashes,
  type State,
  stampAfter,
  withoutVainRemovals,
} from "../../session/states.ts";
import { MAX_COOKIE_SESSION_BYTES } from "../../settings/limits.ts";
import type { CarriedSessions } from "../connected.ts";
import type { Authority, Committed, Ended, Lookup } from "../contracts.ts";
import { createHeldStates, forgottenOf, type HeldStates } from "./held-states.ts";
import type { Revocation } from "./revocation.ts";
import type { SealedStates } from "./sealed-states.ts";

/** The parts of an authority whose sessions are in the cookies of browsers. */
export interface CookieAuthorityParts {
  readonly sealed: SealedStates;
  readonly revocation: Revocation;
  /** The timeouts of sessions: tombstones outlive them. */
  readonly session: ResolvedConfig["session"];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** The authority of one request, which knows the cookies of that request. */
export interface CookieAuthority extends Authority {
  /** The `Set-Cookie` headers that the response must have for the sessions that were read and changed. */
  cookies(): readonly string[];
}

/** The name that explain, metrics and the log show. */
export const COOKIE_AUTHORITY = "cookie";
/** A request that carries a session in more cookies may not change it. Its response replaces them by one. */
export const MOST_STATES = 8;
/** A change of a request that arrived longer ago is refused: the tombstone of its session may be gone. */
export const LONGEST_REQUEST_MS = 600_000;
/** Margin for the life of a tombstone. */
const MARGIN_MS = 60_000;

/** The authority of one request, whose sessions are in its cookies. The rules of changes are those of every authority. */
export function createCookieAuthority(
  parts: CookieAuthorityParts,
  { cookies, older }: CarriedSessions,
): CookieAuthority {
  const { sealed, revocation, session, clock } = parts;
  const held = new Map<string, HeldStates>();

  function heldOf(id: string): HeldStates {
    const known = held.get(id) ?? createHeldStates(id, cookies, sealed);
    held.set(id, known);
    return known;
  }

  /** The session as it is in the cookies, unless a store knows of its end. */
  async function known(ref: Ref, now: number) {
    const states = heldOf(ref.id);
    const found = await states.read();
    if (found.kind === "ended") return found;
    if (found.kind === "unknown-key") {
      return {
        kind: "unavailable" as const,
        cause: new Error("MOOR_CLIENT_KEYS lacks the key of the session's cookies"),
      };
    }
    const revoked = await revocation.ask(ref.id, now);
    if (revoked.kind === "alive") return found;
    // A browser that is told of the end must not be shown the session by another data centre.
    if (revoked.kind === "ended") await states.end(revoked.at, tombstoneUntil(revoked.at, session, ref));
    return revoked;
  }

  return {
    name: COOKIE_AUTHORITY,

    async read(ref, now): Promise<Lookup> {
      const found = await known(ref, now);
      if (found.kind === "unavailable") return found;
      if (found.kind === "ended") return { kind: "ended", tombstone: endedCopy(ref, found.at) };
      if (found.kind === "none") return { kind: "miss" };
      const { state, states } = found;
      if (states > MOST_STATES) await heldOf(ref.id).write(state, undefined, expiryOf(state));
      const answer = find(recordOf(ref.id, state), ref, now);
      // Only a token of another authority proves another generation.
      if (answer.kind !== "hit") return { kind: answer.kind };
      const { view, save, setBack } = answer;
      if (save) await heldOf(ref.id).write({ ...state, version: save.version }, undefined, expiryOf(state));
      return { kind: "hit", copy: copyOf(view, now), ...(setBack ? { setBack } : {}) };
    },

    async commit(ref, change): Promise<Committed> {
      const now = clock();
      const found = await known(ref, now);
      if (found.kind === "unavailable") return found;
      if (found.kind === "ended") return { kind: "ended", tombstone: endedCopy(ref, found.at) };
      const carried = found.kind === "state" ? found : undefined;
      const record = carried && recordOf(ref.id, carried.state);
      const refused = refusalOf(change) ?? untimely(change, ref, carried, now);
      if (refused) return refused;
      const applied = apply(record, ref, withoutLimit(change), now);
      if (applied.kind !== "committed") return committedBy(applied, record, now);
      const { view, save, flash, setBack } = applied;
      const copy = copyOf(view, now);
      if (change.end) return end(ref, now, copy);
      if (!save) return { kind: "committed", copy };
      const before = { ...(carried?.state ?? emptyState(save)), ...scalarsOf(save) };
      if (isTooLong(save, record, change.policy)) return { kind: "refused", reason: "cookie-full" };
      const own = operationOf(change, before, now);
      await heldOf(ref.id).write(before, own, expiryOf(save));
      return { kind: "committed", copy, ...(flash ? { flash } : {}), ...(setBack ? { setBack } : {}) };
    },

    async takeOver() {
      return { kind: "taken-over", seenAt: clock() };
    },

    cookies: () => [
      ...[...held.values()].flatMap((states) => states.cookies),
      ...older.flatMap((id) => forgottenOf(id, cookies)),
    ],
  };

  /** Ends a session. The end is in the revocation store before any browser is told of it. */
  async function end({ id }: Ref, now: number, copy: Copy): Promise<Committed> {
    const until = tombstoneUntil(now, session, copy);
    const kept = await revocation.end(id, now, until);
    if (kept.kind === "unavailable") return kept;
    await heldOf(id).end(now, until);
    return { kind: "committed", copy };
  }
}

/** Ends a session without a request of its browser. It may be a session that was born just now. */
export async function endSession(id: string, { revocation, session, clock }: CookieAuthorityParts): Promise<Ended> {
  const now = clock();
  const kept = await revocation.end(id, now, tombstoneUntil(now, session, { bornAt: now }));
  return kept.kind === "kept" ? { kind: "ended" } : kept;
}

/**
 * Until when a tombstone must be kept: a browser may bring back a state that a request has touched which arrived before the end, and a token that
 * may found the session.
 */
function tombstoneUntil(
  endedAt: number,
  session: CookieAuthorityParts["session"],
  { bornAt }: Pick<View, "bornAt">,
): number {
  const idle = endedAt + LONGEST_REQUEST_MS + session.idleSeconds * 1_000 + touchEveryMs(session);
  return Math.max(idle, bornAt + session.newSessionHours * 3_600_000) + MARGIN_MS;
}

/** A change that no session in cookies can take. */
function refusalOf(change: Change): Extract<Committed, { kind: "refused" }> | undefined {
  const { principal, rotate, adopts, lease, ifVersion } = change;
  const asks = principal !== undefined || rotate || adopts || lease !== undefined || ifVersion !== undefined;
  return asks ? { kind: "refused", reason: "not-in-cookies" } : undefined;
}

/** A change that comes too late, or whose request carries too much. An end always passes. */
function untimely(
  change: Change,
  { arrivedAt }: Ref,
  carried: { readonly state: State; readonly states: number } | undefined,
  now: number,
): Committed | undefined {
  if (change.end) return undefined;
  if (now > arrivedAt + LONGEST_REQUEST_MS) return { kind: "refused", reason: "expired" };
  // A touch adds nothing to a state.
  if (!carried || !changesContent(change)) return undefined;
  if (carried.states > MOST_STATES) {
    return {
      kind: "unavailable",
      cause: new Error(`the session came in ${carried.states} cookies, at most ${MOST_STATES}`),
    };
  }
  const aheadMs = newestStamp(carried.state) - now;
  if (aheadMs <= MOST_AHEAD_MS) return undefined;
  return { kind: "unavailable", cause: new Error(`the session has a change from ${aheadMs} ms in the future`) };
}

function changesContent({ patches = [], flash = [], takeFlash }: Change): boolean {
  return patches.length > 0 || flash.length > 0 || takeFlash === true;
}

/** The limit of attributes is that of {@link isTooLong}: two changes that fit by themselves may be longer together. */
function withoutLimit(change: Change): Change {
  return { ...change, policy: { ...change.policy, maxAttributeBytes: Number.POSITIVE_INFINITY } };
}

/** Whether a change makes the session longer than it may be. A change that makes it no longer always passes. */
function isTooLong(next: SessionRecord, before: SessionRecord | undefined, { maxAttributeBytes }: Policy): boolean {
  const bytes = contentBytes(next);
  return bytes > Math.min(maxAttributeBytes, MAX_COOKIE_SESSION_BYTES) && bytes > (before ? contentBytes(before) : 0);
}

function contentBytes({ attributeBytes, flash }: SessionRecord): number {
  return attributeBytes + (flash ? attributeBytesOf(flash) : 0);
}

/** The operation of a change; `undefined` for a touch, which needs no order. */
function operationOf(change: Change, before: State, now: number): Operation | undefined {
  if (!changesContent(change)) return undefined;
  const { id, patches = [], flash = [], takeFlash } = change;
  return {
    id: operationId(id),
    at: stampAfter(before, now),
    patches: withoutVainRemovals(patches, contentOf(before).attributes),
    flash,
    takes: takeFlash ? pendingFlashes(before).map((left) => left.id) : [],
  };
}

/** The record that the rules of a session know, as the joined states show it. */
function recordOf(id: string, state: State): SessionRecord {
  const content = contentOf(state);
  return {
    schema: 1,
    id,
    generation: 0,
    ...scalarsOf(state),
    ...content,
    attributeBytes: attributeBytesOf(content.attributes),
    foundingDeadline: state.absoluteDeadline,
    recentChanges: [],
  };
}

function scalarsOf({ version, bornAt, touchedAt, idleDeadline, absoluteDeadline, returned }: State | SessionRecord) {
  return { version, bornAt, touchedAt, idleDeadline, absoluteDeadline, returned };
}

/** The state before the first change of a session. */
function emptyState(record: SessionRecord): State {
  return { ...scalarsOf(record), horizon: NO_HORIZON, attributes: {}, flashes: [], operations: [] };
}

function expiryOf({ idleDeadline, absoluteDeadline }: Pick<View, "idleDeadline" | "absoluteDeadline">): number {
  return Math.min(idleDeadline, absoluteDeadline);
}

/** No store may keep it: two responses may give the same version to different contents. */
function copyOf(view: View, now: number): Copy {
  return { ...view, vouchedAt: now, journalSeenAt: 0, replicated: false, mayBeKept: false };
}

function committedBy(
  applied: Exclude<Applied, { kind: "committed" }>,
  record: SessionRecord | undefined,
  now: number,
): Committed {
  if (applied.kind === "conflict") return { kind: "conflict", current: copyOf(applied.view, now) };
  if (applied.kind !== "ended") return applied;
  const tombstone = applied.save && copyOf(viewOf(applied.save), now);
  return { kind: "ended", ...(tombstone ? { tombstone } : {}), ...(record ? {} : { missing: true }) };
}

/** The tombstone of a session of which only its end is known. */
function endedCopy({ id, bornAt }: Ref, at: number): Copy {
  const nothing = { touchedAt: at, idleDeadline: at, absoluteDeadline: at, returned: false, recentChanges: [] };
  const record: SessionRecord = {
    ...nothing,
    schema: 1,
    id,
    bornAt,
    generation: 0,
    version: 0,
    attributes: {},
    attributeBytes: 2,
    foundingDeadline: at,
  };
  return copyOf(viewOf(tombstoneOf(record, "ended", at)), at);
}

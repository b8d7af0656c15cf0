import { adoptedParts, noteToken, opensByOldCookie, settled } from "./adopting.ts";
import type { Change, Ref } from "./change.ts";
import { deadlinePassed, remembered, touched, unreturned } from "./deadlines.ts";
import { isBesideRotation, isServed, markUsed, rotated, servedBefore } from "./generations.ts";
import { isOfSomebody, loggedIn } from "./logged-in.ts";
import { type JsonObject, mergePatches } from "./patch.ts";
import {
  attributeBytesOf,
  type Before,
  type SessionRecord,
  tombstoneOf,
  type View,
  viewOf,
  withoutBefore,
} from "./record.ts";
import { healed } from "./witness.ts";

/** The result of a read. `save` is the record to store, when the read itself changes it. */
export type Found =
  /** `setBack`: the record was older than the state that the visitor has seen, and `save` heals it. */
  | { kind: "hit"; view: View; save?: SessionRecord; setBack?: true }
  | { kind: "miss" }
  | { kind: "ended" }
  | { kind: "superseded"; view?: View };

/** The outcome of a change. `save` is the record to store; nothing else may be stored for the change. */
export type Applied =
  /**
   * `flash`: the flash that was taken out, for the one handoff that asked for it. `setBack`: the record was older than the state that the
   * visitor has seen, and `save` heals it.
   */
  | { kind: "committed"; view: View; save?: SessionRecord; flash?: JsonObject; setBack?: true }
  | { kind: "conflict"; view: View }
  | { kind: "superseded" }
  /** The session has ended, or the older view that the request's generation still saw has ended. */
  | { kind: "ended"; save?: SessionRecord }
  | { kind: "refused"; reason: Refusal };

/** Why a change was not applied although the session lives. */
export type Refusal =
  | "expired"
  | "too-large"
  | "flash-too-large"
  /** The attributes and the flash would be too long for a cookie, in which their session is. */
  | "cookie-full"
  /** A session in cookies has no principal, no rotation, no lease, and no version to compare. */
  | "not-in-cookies"
  /** Another request has just rotated the session. The client may be about to receive the newer generation. */
  | "rotated";

/** When the journal acknowledged a change of an older generation: before the rotation, or after it. */
export type Accepted = "before" | "after";

/** Maximum length of the flash as UTF-8 JSON. A longer flash would not fit into a handoff. */
export const MAX_FLASH_BYTES = 2_048;

/** Finds the part of `record` that a request with `ref` may see. Pure; the authority's rules for reads. */
export function find(record: SessionRecord | undefined, ref: Ref, now: number): Found {
  if (!record) return { kind: "miss" };
  if (record.ended || deadlinePassed(record, ref.arrivedAt)) return { kind: "ended" };
  if (ref.generation === record.generation) {
    const met = metBy(record, ref, now);
    if (met === record) return { kind: "hit", view: viewOf(record) };
    return { kind: "hit", view: viewOf(met), save: met, ...(met.version > record.version ? { setBack: true } : {}) };
  }
  const before = servedBefore(record, ref, now);
  return before ? { kind: "superseded", view: before.view } : { kind: "superseded" };
}

/**
 * Whether a request with `ref` sees nothing of the session from now on: the session has ended, or that generation is no longer
 * served. A session that has merely passed its idle deadline does not count, because visitors may have used it during an outage.
 */
export function isOver(record: SessionRecord | undefined, ref: Ref, now: number): boolean {
  // A session without a record has ended, unless its token may still found it.
  if (!record) return ref.bornAt === 0;
  if (record.ended) return true;
  return ref.generation !== record.generation && !servedBefore(record, ref, now);
}

/**
 * Applies a change to `record` (`undefined`: no store holds the session yet). Pure; the authority's rules for changes.
 *
 * @param now the authority's clock, milliseconds since 1970. The times that a change sets come from this clock.
 * @param accepted when the journal acknowledged the change. Default: it did not, so the change may still be refused.
 */
export function apply(
  record: SessionRecord | undefined,
  ref: Ref,
  change: Change,
  now: number,
  accepted?: Accepted,
): Applied {
  if (now >= change.expiresAt) return { kind: "refused", reason: "expired" };
  if (!record) return found(ref, change, now);

  const repeated = record.recentChanges.find(({ id }) => id === change.id);
  if (record.ended) {
    if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && change.settlesOld && record.owed)
      return { kind: "ended", save: settled(record) };
    return repeated && change.end ? { kind: "committed", view: viewOf(record) } : { kind: "ended" };
  }
  if (repeated) {
    const view = repeated.generation === record.generation ? viewOf(record) : record.before?.view;
    if (view?.generation === repeated.generation) return { kind: "committed", view };
    return change.end ? { kind: "ended" } : { kind: "superseded" };
  }
  const passed = deadlinePassed(record, ref.arrivedAt);
  if (passed) return { kind: "ended", save: tombstoneOf(record, passed, now) };

  if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && change.adopts) {
    // An adoption founds a session or changes nothing. A late copy of the old session must not overwrite what is newer.
    return opensByOldCookie(record, now) ? { kind: "committed", view: viewOf(record) } : { kind: "superseded" };
  }
  if (ref.generation === record.generation) {
    const met = metBy(record, ref, now);
    const applied = applyToCurrent(met, change, now, record);
    return applied.kind === "committed" && met.version > record.version ? { ...applied, setBack: true } : applied;
  }
  // The client may be about to receive the newer generation, which would lack a change that was acknowledged here.
  if (!accepted && isBesideRotation(record, ref, change)) return { kind: "refused", reason: "rotated" };
  const before = servedBefore(record, ref, now);
  return before ? applyToBefore(record, before, change, now, accepted) : { kind: "superseded" };
}

/**
 * The record without the ids of changes that cannot arrive again, because no store accepts them any more.
 *
 * @param acceptedBefore changes that expired at or before this time can neither arrive nor lie in the journal, milliseconds since
 * 1970.
 */
export function forgetChanges(record: SessionRecord, acceptedBefore: number): SessionRecord {
  // Nearly always the oldest is still needed, and then nothing is copied.
  const [oldest] = record.recentChanges;
  if (!oldest || acceptedBefore < oldest.expiresAt) return record;
  return { ...record, recentChanges: record.recentChanges.filter(({ expiresAt }) => acceptedBefore < expiresAt) };
}

/** Makes the record with the session's first change. */
function found(ref: Ref, change: Change, now: number): Applied {
  const { policy } = change;
  const foundingDeadline = ref.bornAt + policy.newSessionHours * 3_600_000;
  const absoluteDeadline = ref.bornAt + policy.absoluteSeconds * 1000;
  // After the founding deadline the tombstone may be gone. A session without a record then did have one, and has ended.
  const isNew = ref.generation === 0 && now < Math.min(foundingDeadline, absoluteDeadline);
  if (!isNew) return { kind: "ended" };
  const empty: SessionRecord = {
    schema: 1,
    id: ref.id,
    generation: 0,
    version: 0,
    attributes: {},
    attributeBytes: 2,
    bornAt: ref.bornAt,
    ...(change.touch ? touched(now, policy) : unreturned(now, policy)),
    absoluteDeadline,
    foundingDeadline,
    recentChanges: [],
  };
  if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && change.adopts) {
    // Its application has seen the login, and the parallel requests of its cookie all come at generation 0. So nothing rotates.
    const { principal, ...asked } = change;
    return applyToCurrent({ ...empty, ...adoptedParts(change.adopts, empty, principal) }, asked, now, undefined);
  }
  return applyToCurrent(empty, change, now, undefined);
}

/**
 * The record once a request of its own generation has met it: the token of that generation has arrived at the client, and a record that
 * was set back is healed.
 */
function metBy(record: SessionRecord, ref: Ref, now: number): SessionRecord {
  let met = record.before ? markUsed(record, now) : record;
  if ((typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && met.adopted && !ref.byOldCookie)
    met = noteToken(met, now);
  return ref.seenVersion !== undefined && record.version < ref.seenVersion ? healed(met, ref.seenVersion) : met;
}

function applyToCurrent(
  record: SessionRecord,
  change: Change,
  now: number,
  loaded: SessionRecord | undefined,
): Applied {
  if (change.ifVersion !== undefined && change.ifVersion !== record.version) {
    return { kind: "conflict", view: viewOf(record) };
  }
  if (change.end) {
    const tombstone = tombstoneOf(record, change.endReason ?? "ended", now);
    const isSettled = (typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION) && change.settlesOld;
    return commit(isSettled ? settled(tombstone) : tombstone, change, now);
  }
  if (change.takeFlash) return takeFlash(record, change, now, loaded);
  const { principal } = change;
  if (principal !== undefined && principal !== record.principal && isOfSomebody(record, change)) {
    return { kind: "ended", save: tombstoneOf(record, "principal-changed", now) };
  }
  const content = merged(record, change);
  const tooLarge = tooLargeIn(content, change);
  if (tooLarge) return { kind: "refused", reason: tooLarge };

  // A login with the same principal is a re-authentication. It rotates too, so that earlier copies of the token end.
  const logsIn = principal !== undefined;
  const rotates = logsIn || change.rotate === true;
  const remembers = change.remember === true && change.policy.remember !== undefined && !record.remembered;
  const changes = rotates || remembers || change.patches !== undefined || change.flash !== undefined;
  if (!changes && !change.touch && loaded) {
    return { kind: "committed", view: viewOf(record), ...(record === loaded ? {} : { save: record }) };
  }
  let next: SessionRecord = { ...record, ...content, ...(change.touch ? touched(now, change.policy, record) : {}) };
  if (rotates) next = rotated(next, record, change, now);
  if (logsIn) next = loggedIn(next, principal, change.login, now);
  if (remembers) next = { ...next, ...remembered(now, change.policy) };
  if (changes) next = { ...next, version: record.version + 1 };
  return commit(next, change, now);
}

/** If several requests ask for the flash, the first to arrive here receives it. A repeated change receives nothing. */
function takeFlash(record: SessionRecord, change: Change, now: number, loaded: SessionRecord | undefined): Applied {
  const { flash, ...left } = record;
  if (!flash) return { kind: "committed", view: viewOf(record), ...(record === loaded ? {} : { save: record }) };
  return { ...commit({ ...left, version: record.version + 1 }, change, now), flash };
}

/**
 * Applies a change of the previous generation to the older view alone. Either generation may be in a stranger's hands, so nothing
 * of the change reaches the holder of the newer generation. A login or rotation is superseded: it needs a session of its own.
 */
function applyToBefore(
  record: SessionRecord,
  before: Before,
  change: Change,
  now: number,
  accepted: Accepted | undefined,
): Applied {
  if (change.end) return endBefore(record, before, change, now);
  if (change.principal !== undefined || change.rotate) return { kind: "superseded" };
  if (change.ifVersion !== undefined && change.ifVersion !== before.view.version) {
    return { kind: "conflict", view: before.view };
  }
  const renewed = change.touch ? touched(now, change.policy, record) : {};
  if (!change.patches && !change.flash) {
    const view = { ...before.view, ...renewed };
    return {
      kind: "committed",
      view,
      save: remember({ ...record, ...renewed, before: { ...before, view } }, change, view, now),
    };
  }
  // A flash can be taken only once, so it is dropped here: an older generation must not put a flash in front of the newer one.
  const { flash, ...seen } = merged(before.view, change);
  const tooLarge = tooLargeIn(seen, change);
  if (tooLarge) return { kind: "refused", reason: tooLarge };
  // Record and view share one count of versions. So a version in a token can be compared with either.
  const version = record.version + 1;
  const view: View = { ...before.view, ...renewed, ...seen, version };
  const content = accepted === "before" ? merged(record, change) : {};
  const next = { ...record, ...renewed, ...content, version, before: { ...before, view } };
  return { kind: "committed", view, save: remember(next, change, view, now) };
}

/**
 * Ends the view before a rotation. The session itself lives on, because it belongs to the holder of the newer generation. Once
 * the newer generation has been used, the end is superseded: it comes from a slow parallel request or from a stranger.
 */
function endBefore(record: SessionRecord, before: Before, change: Change, now: number): Applied {
  if (before.used) return { kind: "superseded" };
  const { before: ended, ...left } = record;
  return { kind: "ended", save: remember(left, change, before.view, now) };
}

function commit(next: SessionRecord, change: Change, now: number): Extract<Applied, { kind: "committed" }> {
  return { kind: "committed", view: viewOf(next), save: remember(next, change, next, now) };
}

/** Keeps the change's id; see {@link forgetChanges}. */
function remember(record: SessionRecord, change: Change, answered: View, now: number): SessionRecord {
  const { before } = record;
  const { generation } = answered;
  return {
    ...(before && !isServed(before, now) ? withoutBefore(record) : record),
    recentChanges: [...record.recentChanges, { id: change.id, expiresAt: change.expiresAt, generation }],
  };
}

/** The fields of a view that the patches of a change produce. */
function merged(view: View, change: Change): Pick<View, "attributes" | "attributeBytes" | "flash"> {
  const { attributes, attributeBytes } = view;
  const flash = change.flash ? { flash: mergePatches(view.flash ?? {}, change.flash) } : {};
  if (!change.patches?.length) return { attributes, attributeBytes, ...flash };
  const result = mergePatches(attributes, change.patches);
  return { attributes: result, attributeBytes: attributeBytesOf(result), ...flash };
}

function tooLargeIn({ attributeBytes, flash }: ReturnType<typeof merged>, change: Change): Refusal | undefined {
  if (change.patches && attributeBytes > change.policy.maxAttributeBytes) return "too-large";
  return change.flash && attributeBytesOf(flash ?? {}) > MAX_FLASH_BYTES ? "flash-too-large" : undefined;
}

import { DurableObject } from "cloudflare:workers";
import { apply, find } from "../session/apply.ts";
import type { Change, Ref } from "../session/change.ts";
import { deadlinePassed } from "../session/deadlines.ts";
import { deadlineOf, type SessionRecord, tombstoneOf, type View, viewOf } from "../session/record.ts";
import type { Committed, Copy, Lookup } from "./contracts.ts";

const RECORD = "record";
const BEFORE = "before";
const SCHEMA = 1;
/** How long an alarm is put off that finds a record of newer code, in milliseconds: a rollback is over by then. */
const FOREIGN_ALARM_MS = 24 * 60 * 60 * 1000;

/**
 * The authority of one session, named by the session's id: orders its changes and keeps its record.
 *
 * Every method reads the storage: an object that was replaced elsewhere notices it only there, so an answer from memory
 * could miss an end. Methods take and return one object and are never renamed, since a deploy replaces Worker and
 * objects at different times.
 */
export class SessionObject extends DurableObject {
  read({ ref }: { ref: Ref; now: number }): Lookup {
    const now = Date.now();
    const record = this.#load();
    const found = find(record, ref, now);
    switch (found.kind) {
      case "hit":
        if (found.save) this.#save(found.save, record);
        return { kind: "hit", copy: copyOf(found.view, found.save ?? record, now) };
      case "superseded":
        return {
          kind: "superseded",
          ...(found.view ? { copy: copyOf(found.view, record, now) } : {}),
          ...(record ? { newest: copyOf(viewOf(record), record, now) } : {}),
        };
      case "ended":
        return record?.ended ? { kind: "ended", copy: copyOf(viewOf(record), record, now) } : { kind: "ended" };
      case "miss":
        return found;
    }
  }

  async commit({ ref, change }: { ref: Ref; change: Change }): Promise<Committed> {
    const now = Date.now();
    const record = this.#load();
    const applied = apply(record, ref, change, now);
    const saved = "save" in applied ? applied.save : undefined;
    if (saved) {
      this.#save(saved, record);
      // Once per session: the alarm re-arms itself, lazily, when it fires.
      if (!record) await this.ctx.storage.setAlarm(wakeAt(saved));
    }
    switch (applied.kind) {
      case "committed":
      case "conflict":
        return { kind: applied.kind, copy: copyOf(applied.view, saved ?? record, now) };
      case "ended":
        return { kind: "ended" };
      default:
        return applied;
    }
  }

  /** Ends a session whose deadline has passed, and frees the storage when its tombstone has served. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    const record = this.#stored();
    if (!record) return;
    if (record.schema !== SCHEMA) return this.ctx.storage.setAlarm(now + FOREIGN_ALARM_MS);
    const passed = record.ended ? undefined : deadlinePassed(record, now);
    const left = passed ? tombstoneOf(record, passed, now) : record;
    if (left.ended && now >= left.foundingDeadline) {
      await this.ctx.storage.deleteAll();
      return;
    }
    if (passed) this.#save(left, record);
    await this.ctx.storage.setAlarm(wakeAt(left));
  }

  #load(): SessionRecord | undefined {
    const record = this.#stored();
    // Newer code has written it, before a rollback: this session alone is unavailable, and nothing of it is damaged.
    if (record && record.schema !== SCHEMA) throw new Error(`a record of schema ${record.schema}, not ${SCHEMA}`);
    return record;
  }

  #stored(): SessionRecord | undefined {
    const record = this.ctx.storage.kv.get<SessionRecord>(RECORD);
    const before = this.ctx.storage.kv.get<SessionRecord["before"]>(BEFORE);
    return record && before ? { ...record, before } : record;
  }

  /** The view before a rotation has a row of its own: both together may pass the limit of a row (2 MB). */
  #save(record: SessionRecord, loaded: SessionRecord | undefined): void {
    const { before, ...rest } = record;
    this.ctx.storage.kv.put(RECORD, rest);
    if (before === loaded?.before) return;
    if (before) this.ctx.storage.kv.put(BEFORE, before);
    else this.ctx.storage.kv.delete(BEFORE);
  }
}

function wakeAt(record: SessionRecord): number {
  return record.ended ? record.foundingDeadline : deadlineOf(record);
}

function copyOf(view: View, record: SessionRecord | undefined, now: number): Copy {
  const isCurrent = view.generation === record?.generation;
  const isUsed = record?.before === undefined || record.before.servedUntil !== undefined;
  return { ...view, vouchedAt: now, mayBeKept: isCurrent && isUsed };
}

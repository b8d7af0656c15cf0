import type { Change } from "../../src/session/change.ts";
import type { SessionRecord } from "../../src/session/record.ts";
import { changeAt, refTo } from "../support/sessions.ts";
import { at } from "../support/time.ts";
import { History } from "./history.ts";

/** Makes an entry of a change that the journal accepted `seconds` after the tests' time 0. */
export function entryAt(seconds: number, asked: Partial<Change>, generation = 0) {
  return { ref: refTo("s", at(seconds), generation), change: changeAt(at(seconds), asked) };
}

/** Makes the backup of a session that was founded at time 0: its record without the view before a rotation. */
export function backupOf(attributes = {}, changes: Partial<Change>[] = []): SessionRecord {
  const history = History.begun(attributes);
  for (const change of changes) history.apply(change);
  const { before, ...backup } = history.record as SessionRecord;
  return backup;
}

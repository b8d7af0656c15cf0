import { encodeBase64url } from "../../../src/inbound/base64url.ts";
import type { KeyRing } from "../../../src/inbound/key-ring.ts";
import type { Change } from "../../../src/session/change.ts";
import type { BackupRecord, JournalEntry } from "../../../src/store/redis-contracts.ts";
import { macRing } from "../../support/rings.ts";
import { POLICY } from "../../support/sessions.ts";

/** The keys that the tests seal with. */
export const STORE_RING: KeyRing = macRing(1);

export const DAY_MS = 24 * 60 * 60 * 1000;

/** A session that nothing else in the tests has. */
export function newId(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
}

/** The backup of a session that was born just now. */
export function recordOf(id: string, given: Partial<BackupRecord> = {}): BackupRecord {
  const now = Date.now();
  return {
    schema: 1,
    id,
    generation: 0,
    version: 1,
    attributes: {},
    attributeBytes: 2,
    bornAt: now,
    touchedAt: now,
    idleDeadline: now + POLICY.idleSeconds * 1000,
    absoluteDeadline: now + POLICY.absoluteSeconds * 1000,
    foundingDeadline: now + POLICY.newSessionHours * 3_600_000,
    returned: true,
    recentChanges: [],
    ...given,
  };
}

/** Its tombstone. */
export function tombstone(id: string, version: number): BackupRecord {
  return recordOf(id, { version, ended: { at: Date.now(), reason: "ended" } });
}

/** A change that was sent just now, for the journal. */
export function entryOf(id: string, asked: Partial<Change> = {}, bornAt = Date.now()): JournalEntry {
  const now = Date.now();
  return {
    ref: { id, generation: 0, bornAt, arrivedAt: now, colo: "FRA" },
    change: { id: newId(), expiresAt: now + 8_000, policy: POLICY, ...asked },
  };
}

/** The ids of the changes of entries. */
export function idsOf(entries: readonly JournalEntry[]): string[] {
  return entries.map(({ change }) => change.id);
}

import type { KeyRing } from "../../../src/inbound/token/key-ring.ts";
import { encodeBase64url } from "../../../src/lib/base64url.ts";
import type { Change, Ref } from "../../../src/session/change.ts";
import type { JournalEntry } from "../../../src/session/journal.ts";
import type { BackupRecord } from "../../../src/store/fallback-contract.ts";
import { macRing } from "../../support/rings.ts";
import { POLICY } from "../../support/sessions.ts";

/** The keys that the tests seal with. */
export const STORE_RING: KeyRing = macRing(1);

export const DAY_MS = 24 * 60 * 60 * 1000;

/** A session that nothing else in the tests has. */
export function newId(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
}

/** The ids of the changes of entries. */
export function idsOf(entries: readonly JournalEntry[]): string[] {
  return entries.map(({ change }) => change.id);
}

/** Makes backups and journal entries by a clock. */
export interface Records {
  /** The backup of a session that was born just now. */
  recordOf(id: string, given?: Partial<BackupRecord>): BackupRecord;
  /** Its tombstone. */
  tombstone(id: string, version: number): BackupRecord;
  /** A change that was sent just now, for the journal. */
  entryOf(id: string, asked?: Partial<Change>, given?: Partial<Ref>): JournalEntry;
}

export function recordsAt(clock: () => number): Records {
  function recordOf(id: string, given: Partial<BackupRecord> = {}): BackupRecord {
    const now = clock();
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

  return {
    recordOf,
    tombstone: (id, version) => recordOf(id, { version, ended: { at: clock(), reason: "ended" } }),
    entryOf(id, asked = {}, given = {}) {
      const now = clock();
      return {
        ref: { id, generation: 0, bornAt: now, arrivedAt: now, ...given },
        change: { id: newId(), expiresAt: now + 8_000, policy: POLICY, ...asked },
      };
    },
  };
}

export const { recordOf, tombstone, entryOf } = recordsAt(Date.now);

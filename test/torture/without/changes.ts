import { FREED_MEANWHILE, FREED_WITH_A_JOURNAL, LATE_APPEND, READ_BEFORE_BACKUP, TAKEN_TWICE } from "./made-by-hand.ts";
import type { Rule } from "./rule.ts";
import { ENDS, OUTAGES, PAUSES, SHARED_ENDS } from "./shapes.ts";

/** How long ids outlive the changes that the journal has held. */
export const OUTLIVES = "return journalHeldAt + LATE_REMOVAL_MS + SET_BACK_MS;";

const noId = "const repeated = record.recentChanges.find(({ id }) => id === change.id);";

/** The rules that apply each change once, and apply no change to an ended session. */
export const CHANGES: readonly Rule[] = [
  {
    name: "change-ids",
    rule: "a change is applied once, by its id",
    edits: [
      {
        file: "src/session/apply.ts",
        from: noId,
        to: 'const repeated = record.recentChanges.find(({ id }) => id === "");',
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 11 },
  },
  {
    name: "ids-until-they-expire",
    rule: "ids are kept until they have expired and the journal was seen empty, not the last two",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "    recentChanges: [...record.recentChanges, { id: change.id, expiresAt: change.expiresAt, generation }],",
        to: "    recentChanges: [...record.recentChanges, { id: change.id, expiresAt: change.expiresAt, generation }].slice(-2),",
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 117 },
  },
  {
    name: "ids-outlive-a-set-back",
    rule: "and a minute longer than the journal was known to hold anything: Redis may come back with it",
    edits: [
      {
        file: "src/objects/session/journal.ts",
        from: OUTLIVES,
        to: "return journalHeldAt;",
      },
    ],
    config: "moor-sync-set-back",
    made: TAKEN_TWICE,
  },
  {
    name: "changes-expire",
    rule: "no store applies or journals a change after its expiry",
    edits: [
      {
        file: "src/session/apply.ts",
        from: '  if (now >= change.expiresAt) return { kind: "refused", reason: "expired" };\n',
        to: "",
      },
      {
        file: "emulation/redis.ts",
        from: '    if (now() >= entry.change.expiresAt) return { kind: "expired" };\n',
        to: "",
      },
    ],
    config: "moor-sync",
    made: LATE_APPEND,
  },
  {
    name: "backup-before-letting-out",
    rule: "backup sync: tried before a version is let out, in reads too",
    edits: [
      {
        file: "src/objects/session/session-authority.ts",
        from: "() => this.#elsewhere.letOut(ref, this.#find(ref))",
        to: "() => this.#find(ref)",
      },
    ],
    config: "moor-sync-strict",
    shape: OUTAGES,
    made: READ_BEFORE_BACKUP,
  },
  {
    name: "tombstone",
    rule: "a tombstone is kept of an ended session",
    edits: [
      {
        file: "src/objects/session/session-rows.ts",
        from: "    kv.put(RECORD, this.#packer.pack(isApart ? withoutBefore(record) : record));\n",
        to: `    if (record.ended) kv.delete(RECORD);
    else kv.put(RECORD, record);
`,
      },
      {
        file: "src/objects/session/session-rows.ts",
        from: "this.#record = { is: record };",
        to: "this.#record = { is: record.ended ? undefined : record };",
      },
    ],
    config: "moor-sync",
    shape: ENDS,
    found: { seed: 1, number: 14 },
  },
  {
    name: "ended-beats-journal",
    rule: "nothing in the journal revives an ended session",
    edits: [
      {
        file: "src/session/journal.ts",
        from: "const taking = new Taking(record);",
        to: "const taking = new Taking(record && entries.length > 0 ? { ...record, ended: undefined as never } : record);",
      },
    ],
    config: "moor-sync",
    shape: ENDS,
    found: { seed: 1, number: 90 },
  },
  {
    name: "end-is-backed-up-at-once",
    rule: "an end backs its tombstone up first, whatever the backup mode",
    edits: [
      {
        file: "src/objects/session/copies.ts",
        from: 'if (this.#policy.backup === "sync" || record.ended) return',
        to: 'if (this.#policy.backup === "sync") return',
      },
      {
        file: "src/objects/session/copies.ts",
        from: '#policy.backup !== "off" || record.ended !== undefined || this',
        to: '#policy.backup !== "off" || this',
      },
    ],
    config: "moor-off",
    shape: SHARED_ENDS,
    found: { seed: 1, number: 2036 },
  },
  {
    name: "journal-knows-ends",
    rule: "the journal refuses changes after an end",
    edits: [
      {
        file: "emulation/redis.ts",
        from: '    if (backup?.hasEnded || ends.some(({ generation }) => generation >= own.generation)) return { kind: "ended" };\n',
        to: "",
      },
    ],
    config: "moor-sync",
    shape: SHARED_ENDS,
    found: { seed: 1, number: 1551 },
  },
  {
    name: "no-late-founding",
    rule: "no entry founds a session that is past its absolute deadline",
    edits: [
      {
        file: "src/session/journal.ts",
        from: "const isTooOld = now >= entry.ref.bornAt + entry.change.policy.absoluteSeconds * 1000;",
        to: "const isTooOld = now < 0;",
      },
    ],
    config: "moor-sync-absolute",
    shape: PAUSES,
    redundant: "what it would found is past its deadline at once",
  },
  {
    name: "founded-at-birth",
    rule: "only a first token founds a session, and only until such tokens die",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "  const isNew = ref.generation === 0 && now < Math.min(foundingDeadline, absoluteDeadline);\n",
        to: "  const isNew = ref.generation === 0;\n",
      },
    ],
    config: "moor-sync",
    made: FREED_MEANWHILE,
  },
  {
    name: "freed-when-emptied",
    rule: "an ended session's storage is freed only once its journal has been seen empty",
    edits: [
      {
        file: "src/objects/session/cleanup.ts",
        from: "journalProvenEmptyAt(rows.outside()) >= clearsAt;",
        to: "clearsAt > 0;",
      },
    ],
    config: "moor-sync",
    made: FREED_WITH_A_JOURNAL,
  },
];

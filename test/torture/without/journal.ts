import { OUTLIVES } from "./changes.ts";
import { APPEND_AFTER_THE_LOOK, LOST_ANSWER, TWO_LOOKS } from "./made-by-hand.ts";
import type { Edit, Rule } from "./rule.ts";
import { OUTAGES, PAUSES, SHARED } from "./shapes.ts";

const twoLooks: Edit = {
  file: "src/objects/session/journal.ts",
  from: "const look = ahead.then(() =>",
  to: "const look = Promise.resolve(ahead && undefined).then(() =>",
};

/** The rules that keep the journal, the authority and their readers in step. */
export const JOURNAL: readonly Rule[] = [
  {
    name: "mark-rule",
    rule: "with a mark, a copy has seen the journal a while after it",
    edits: [
      {
        file: "src/session/freshness.ts",
        from: '  if (seen.markedAt !== undefined && !coversMark(copy.journalSeenAt, seen.markedAt)) return "journal";\n',
        to: "",
      },
    ],
    config: "moor-sync",
    shape: { ...SHARED, browsers: 1 },
    found: { seed: 1, number: 867 },
  },
  {
    name: "mark-outlasts-changes",
    rule: "that while is a settle period, and longer by what a change may be under way",
    edits: [
      {
        file: "src/session/freshness.ts",
        from: "= SETTLE_MS + CHANGE_LIFE_SECONDS * 1000 + 1_000;",
        to: "= SETTLE_MS + CHANGE_LIFE_SECONDS * 0;",
      },
    ],
    config: "moor-sync",
    made: APPEND_AFTER_THE_LOOK,
  },
  {
    name: "mark-apart",
    rule: "the mark is a cookie of its own, which no response that knows nothing of it can wipe",
    edits: [
      {
        file: "src/request/respond.ts",
        from: '{ ...news, marks: mark === "" ? [] : [mark], hasProvisional }, expiresAt, isRemembered);\n',
        to: `{ ...news, marks: mark === "" ? [] : [mark], hasProvisional }, expiresAt, isRemembered);
    if (token.kind === "write" && mark === "" && credentials.marks.length === 0)
      headers.append("Set-Cookie", "__Host-moor-mark-" + token.id.slice(0, 2) + "=; Path=/; Max-Age=0");
`,
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 1206 },
  },
  {
    name: "mark-when-shown",
    rule: "a response that showed journal content sets the mark",
    edits: [{ file: "src/store/open-session.ts", from: "  if (!journaled) return", to: "  if (view) return" }],
    config: "moor-sync",
    shape: SHARED,
    found: { seed: 1, number: 105 },
  },
  {
    name: "mark-when-answer-lost",
    rule: "a response sets the mark though the append's answer was lost",
    edits: [
      {
        file: "src/store/outage.ts",
        from: "          return { ...appended, asked: true };\n",
        to: "          return appended;\n",
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    made: LOST_ANSWER,
  },
  {
    name: "shown-counts-as-marked",
    rule: "the change of a request that was shown journal content counts as marked",
    edits: [
      {
        file: "src/store/open-session.ts",
        from: "ref: { ...ref, markedAt: ref.arrivedAt }, source",
        to: "ref, source",
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 1198 },
  },
  {
    name: "no-versions-from-journal",
    rule: "the journal gives out no versions",
    edits: [
      {
        file: "src/session/journal.ts",
        from: "view: { ...viewOf(record), version: backup?.version ?? 0 }, journaled",
        to: "view: viewOf(record), journaled",
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 209 },
  },
  {
    name: "marked-is-refused-blindly",
    rule: "the authority refuses a marked request when the journal cannot be read",
    edits: [
      {
        file: "src/objects/session/session-authority.ts",
        from: '(looked.kind === "unavailable" ? looked : answer())',
        to: '(looked.kind === "unavailable" && (this.#rows.load()?.idleDeadline ?? Infinity) <= ref.arrivedAt ? looked : answer())',
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 127 },
  },
  {
    name: "look-before-unattended",
    rule: "the journal is looked at before a change that comes without a visitor",
    edits: [
      {
        file: "test/torture/moor/subject.ts",
        from: "bornAt: 0, arrivedAt: now, markedAt: now }",
        to: "bornAt: 0, arrivedAt: now }",
      },
    ],
    config: "moor-sync",
    shape: { ...SHARED, incidents: { admin: 5, copy: 0, crash: 0, fault: 5 } },
    found: { seed: 1, number: 13 },
  },
  {
    name: "look-before-idleness",
    rule: "the journal is looked at before idleness, by a request or the alarm, ends a session",
    edits: [
      {
        file: "src/objects/session/journal.ts",
        from: "(isMarked() || this.#isIdle(ref));",
        to: "isMarked();",
      },
      {
        file: "src/objects/session/session-authority.ts",
        from: ': deadlinePassed(found, clock()) === "idle";',
        to: ": false;",
      },
    ],
    config: "moor-sync-idle",
    shape: PAUSES,
    found: { seed: 1, number: 235 },
  },
  {
    name: "touches-are-journaled",
    rule: "touches are journaled too",
    edits: [
      {
        file: "src/store/outage.ts",
        from: "      given.set(ref.id, clock());\n      const appended",
        to: `      if (!change.patches && !change.end) return { kind: "journaled" };
      given.set(ref.id, clock());
      const appended`,
      },
    ],
    config: "moor-sync-idle",
    shape: PAUSES,
    found: { seed: 1, number: 45 },
  },
  {
    name: "primary-is-read",
    rule: "the journal is read from the primary",
    edits: [
      {
        file: "emulation/redis.ts",
        from: 'return { kind: "found", ...(record ? { record } : {}), entries };',
        to: `const found = { kind: "found" as const, ...(record ? { record } : {}), entries };
        const lagging = replicas.get(id);
        if (lagging && now() < lagging.until) return structuredClone(lagging.found);
        replicas.set(id, { found: structuredClone(found), until: now() + 1_500 });
        return found;`,
      },
      {
        file: "emulation/redis.ts",
        from: "  const backups = new Map<string, Backup>();\n",
        to: `  const backups = new Map<string, Backup>();
  const replicas = new Map<string, { found: BackupLookup & { kind: "found" }; until: number }>();
`,
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 328 },
  },
  {
    name: "one-look-at-a-time",
    rule: "one look at the journal at a time",
    edits: [twoLooks],
    config: "moor-sync",
    redundant: "ids are kept for longer than a look can last",
  },
  {
    name: "one-look-and-ids-outlive",
    rule: "that, and `ids-outlive-a-set-back`",
    edits: [twoLooks, { file: "src/objects/session/journal.ts", from: OUTLIVES, to: "return journalHeldAt;" }],
    config: "moor-sync",
    made: TWO_LOOKS,
  },
  {
    name: "exactly-what-was-taken",
    rule: "a take-over removes exactly the entries that were taken",
    edits: [
      {
        file: "emulation/redis.ts",
        from: "filter(({ changeId }) => !changeIds.includes(changeId));",
        to: "filter(() => changeIds.length === 0);",
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 1279 },
  },
  {
    name: "backup-with-the-removal",
    rule: "the backup is written in the same script as the removal",
    edits: [
      {
        file: "src/objects/session/journal.ts",
        from: "fallback.takeOver(id, changeIds, backup);",
        to: "fallback.takeOver(id, changeIds, undefined);",
      },
      {
        file: "src/objects/session/journal.ts",
        from: "backedUpVersion: backup?.version, journal });",
        to: "journal });",
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 319 },
  },
  {
    name: "backup-has-it-already",
    rule: "entries that the backup has are skipped when the journal is shown",
    edits: [
      { file: "src/session/journal.ts", from: "    if (known.has(entry.change.id)) continue;\n", to: "" },
      {
        file: "src/session/journal.ts",
        from: "  const taking = new Taking(backup);\n",
        to: "  const taking = new Taking(backup && { ...backup, recentChanges: [] });\n",
      },
    ],
    config: "moor-sync",
    shape: OUTAGES,
    found: { seed: 1, number: 1377 },
  },
];

import {
  FIRST_USE_UNSEEN,
  JOURNALED_BEFORE_A_LOGIN,
  LOGOUT_AFTER_LOST_LOGIN,
  PLANTED_IN_AN_OUTAGE,
} from "./made-by-hand.ts";
import type { Rule } from "./rule.ts";
import { LOGINS, RACES } from "./shapes.ts";

/** What protects a login: from lost responses, from slow ones, from whoever holds an older token. */
export const GENERATIONS: readonly Rule[] = [
  {
    name: "no-login-in-outages",
    rule: "rotation and login are refused in an outage",
    edits: [
      {
        file: "src/store/outage.ts",
        from: "change.principal !== undefined ||\n        change.rotate ||\n        change.ifVersion",
        to: "change.ifVersion",
      },
      { file: "world/redis.ts", from: "        assertJournaled(entry);\n", to: "" },
    ],
    config: "moor-sync",
    shape: LOGINS,
    found: { seed: 1, number: 44 },
  },
  {
    name: "older-is-served-until-use",
    rule: "the older generation of what is nobody's is served until the new one has been used",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "const ends = isSomebodys(view) ? { servedUntil: now + graceSeconds * 1000 } : {};",
        to: "const ends = { servedUntil: now + graceSeconds * 1000 };",
      },
    ],
    config: "moor-sync",
    shape: LOGINS,
    found: { seed: 1, number: 5 },
  },
  {
    name: "grace",
    rule: "and for a grace period after its first use",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "const { servedUntil = now + before.graceSeconds * 1000 } = before;",
        to: "const { servedUntil = now } = before;",
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 54 },
  },
  {
    name: "proof-apart",
    rule: "the proof has a cookie of its own, which a slow response does not write",
    edits: [
      {
        file: "src/commit.ts",
        from: "{ proof: done.rotated || (options.withProof && generation > 0) }",
        to: "{ proof: true }",
      },
    ],
    config: "moor-sync",
    shape: RACES,
    found: { seed: 1, number: 18 },
  },
  {
    name: "older-sees-before",
    rule: "the older generation is shown the view before the rotation, and nothing later",
    edits: [
      {
        file: "src/session/apply.ts",
        from: 'return before ? { kind: "superseded", view: before.view } : { kind: "superseded" };',
        to: 'return before ? { kind: "superseded", view: viewOf(record) } : { kind: "superseded" };',
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 13 },
  },
  {
    name: "older-ends-nothing",
    rule: "the older generation cannot end the session",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "if (change.end) return endBefore(record, before, change, now);",
        to: 'if (change.end) return commit(tombstoneOf(record, "ended", now), change, now);',
      },
    ],
    config: "moor-sync",
    found: { seed: 1, number: 13 },
  },
  {
    name: "older-ends-its-view",
    rule: "but what it is still shown, as long as the newer one has never been used",
    edits: [
      {
        file: "src/session/apply.ts",
        from: 'if (before.used) return { kind: "superseded" };',
        to: 'if (now > 0) return { kind: "superseded" };',
      },
    ],
    config: "moor-async",
    made: LOGOUT_AFTER_LOST_LOGIN,
  },
  {
    name: "copy-of-its-generation",
    rule: "a copy answers its own generation alone",
    edits: [
      {
        file: "src/store/freshness.ts",
        from: '  if (copy.generation !== seen.generation) return "generation";\n',
        to: "",
      },
    ],
    config: "moor-sync-always",
    found: { seed: 1, number: 296 },
  },
  {
    name: "kept-after-first-use",
    rule: "stores keep a generation's copy only once its first use is known",
    edits: [
      {
        file: "src/store/vouch.ts",
        from: "    mayBeKept: isCurrent && isUsed,\n",
        to: "    mayBeKept: isCurrent || isUsed,\n",
      },
    ],
    config: "moor-sync-always",
    shape: LOGINS,
    made: FIRST_USE_UNSEEN,
  },
  {
    name: "journal-knows-generations",
    rule: "the journal refuses what is of an older generation than it knows",
    edits: [
      {
        file: "world/redis.ts",
        from: 'if (isContested || newest > own.generation) return { kind: "undecided" };',
        to: 'if (newest < 0) return { kind: "undecided" };',
      },
    ],
    config: "moor-sync-strict",
    shape: LOGINS,
    made: PLANTED_IN_AN_OUTAGE,
  },
  {
    name: "older-rotates-nothing",
    rule: "a rotation that the older generation asks for has no place in the session: it may be a login by attributes",
    edits: [
      {
        file: "src/session/apply.ts",
        from: 'if (change.principal !== undefined || change.rotate) return { kind: "superseded" };',
        to: 'if (change.principal !== undefined) return { kind: "superseded" };',
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 7 },
  },
  {
    name: "older-writes-its-own",
    rule: "what the older generation patches is patched in its own view alone",
    edits: [
      {
        file: "src/session/apply.ts",
        from: 'const content = accepted === "before" ? merged(record, change) : {};',
        to: "const content = merged(record, change);",
      },
    ],
    config: "moor-attack-long",
    found: { seed: 1, number: 45 },
  },
  {
    name: "refused-beside-a-rotation",
    rule: "and refused while its client may be about to get the newer generation",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "if (!accepted && isBesideRotation(record, ref, change)) return",
        to: "if (now < 0) return",
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 2 },
  },
  {
    name: "one-rotation-at-a-time",
    rule: "a rotation beside another is refused, unless it may be a login: it would put its browser into an empty session",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "return change.rotate ? isSomebodys(ref) || !writes : writes;",
        to: "return change.rotate ? false : writes;",
      },
    ],
    config: "moor-parallel",
    found: { seed: 1, number: 7 },
  },
  {
    name: "flash-of-the-newest",
    rule: "a flash that the older generation leaves reaches nobody",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "const next = { ...record, ...renewed, ...content, version, before: { ...before, view } };",
        to: "const next = { ...record, ...renewed, ...content, ...(flash ? { flash } : {}), version, before: { ...before, view } };",
      },
    ],
    config: "moor-attack-flash",
    found: { seed: 1, number: 643 },
  },
  {
    name: "flash-is-taken",
    rule: "a flash is taken out of the session before it is shown",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "return { ...commit({ ...left, version: record.version + 1 }, change, now), flash };",
        to: "return { ...commit({ ...left, flash, version: record.version + 1 }, change, now), flash };",
      },
    ],
    config: "moor-attack-flash",
    found: { seed: 1, number: 7 },
  },
  {
    name: "journaled-before-a-rotation",
    rule: "but what the journal had accepted before the rotation is of the newer one as well",
    edits: [
      {
        file: "src/session/journal.ts",
        from: 'const acceptedWhen = asCurrent ? "before" : "after";',
        to: 'const acceptedWhen = "after";',
      },
    ],
    config: "moor-sync",
    shape: LOGINS,
    made: JOURNALED_BEFORE_A_LOGIN,
  },
  {
    name: "each-login-rotates",
    rule: "a login of the same principal rotates as well",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "const logsIn = principal !== undefined;",
        to: "const logsIn = principal !== undefined && record.principal === undefined;",
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 6 },
  },
  {
    name: "founded-by-a-login",
    rule: "a session that is founded by a rotation has been rotated: nobody's sessions are those of generation 0",
    edits: [
      {
        file: "src/session/session.ts",
        from: "return this.#rotate && (this.returning || this.#patches.length > 0);",
        to: "return this.#rotate && this.returning;",
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 164 },
  },
  {
    name: "somebodys-view-ends",
    rule: "the older generation of what may be somebody's is served for the grace from the rotation on, used or not",
    edits: [
      {
        file: "src/session/apply.ts",
        from: "const ends = isSomebodys(view) ?",
        to: "const ends = now < 0 ?",
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 19 },
  },
  {
    name: "nothing-of-somebodys",
    rule: "a session of its own begins with nothing of what may be somebody else's",
    edits: [
      {
        file: "src/commit.ts",
        from: "const isOwn = !view || !isSomebodys(view) ||",
        to: "const isOwn = !view || principal === undefined ||",
      },
    ],
    config: "moor-attack-long",
    found: { seed: 1, number: 1009 },
  },
];

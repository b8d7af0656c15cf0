import { FIRST_USE_UNSEEN, LOGOUT_AFTER_LOST_LOGIN, PLANTED_IN_AN_OUTAGE } from "./made-by-hand.ts";
import type { Rule } from "./rule.ts";
import { LOGINS, RACES } from "./shapes.ts";

/** The rules that protect a login from lost responses, from slow responses, and from holders of an older token. */
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
      { file: "emulation/redis.ts", from: "        assertJournaled(entry);\n", to: "" },
    ],
    config: "moor-sync",
    shape: LOGINS,
    found: { seed: 1, number: 44 },
  },
  {
    name: "older-is-served-until-use",
    rule: "the older generation of a session that nobody has logged in to is served until the newer one has been used",
    edits: [
      {
        file: "src/session/generations.ts",
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
        file: "src/session/generations.ts",
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
        file: "src/request/respond.ts",
        from: "proof: rotated || (options.withProof && generation > 0)",
        to: "proof: true",
      },
    ],
    config: "moor-sync",
    shape: RACES,
    found: { seed: 1, number: 36 },
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
        file: "src/session/freshness.ts",
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
        file: "src/objects/session/copies.ts",
        from: "    mayBeKept: isCurrent && isUsed && hasArrived,\n",
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
        file: "emulation/redis.ts",
        from: 'if (isContested || newest > own.generation) return { kind: "undecided" };',
        to: 'if (newest < 0) return { kind: "undecided" };',
      },
    ],
    config: "moor-sync-strict",
    shape: LOGINS,
    made: PLANTED_IN_AN_OUTAGE,
  },
];

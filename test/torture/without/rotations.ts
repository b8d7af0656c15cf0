import { JOURNALED_BEFORE_A_LOGIN, JOURNALED_BESIDE_A_LOGIN } from "./made-by-hand.ts";
import type { Rule } from "./rule.ts";
import { LOGINS } from "./shapes.ts";

/** The rules that keep the changes of two generations apart, whichever of them an attacker holds. */
export const ROTATIONS: readonly Rule[] = [
  {
    name: "older-rotates-nothing",
    rule: "a rotation that the older generation asks for never changes the session: it may be a login by attributes",
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
    rule: "a patch of the older generation changes the view of that generation alone",
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
    rule: "and is refused shortly after the rotation: its client may be about to get the newer generation",
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
    rule: "a rotation of the older generation shortly after another is refused, unless it may be a login",
    edits: [
      {
        file: "src/session/generations.ts",
        from: "return change.rotate ? isSomebodys(before?.view ?? ref) || !writes : writes;",
        to: "return change.rotate ? false : writes;",
      },
    ],
    config: "moor-parallel",
    found: { seed: 1, number: 7 },
  },
  {
    name: "flash-of-the-newest",
    rule: "a flash that the older generation leaves is dropped",
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
    rule: "a change that the journal accepted before the rotation belongs to the newer generation as well",
    edits: [
      {
        file: "src/session/journal.ts",
        from: 'const when = asCurrent ? "before" : "after";',
        to: 'const when = "after";',
      },
    ],
    config: "moor-sync",
    shape: LOGINS,
    made: JOURNALED_BEFORE_A_LOGIN,
  },
  {
    name: "journal-allows-for-clocks",
    rule: "the journal allows for clocks that are a second apart when it tells what came before a rotation",
    edits: [
      {
        file: "src/session/journal.ts",
        from: "rotatedAt + (change.end ? 0 : CLOCKS_APART_MS);",
        to: "rotatedAt;",
      },
    ],
    config: "moor-sync",
    made: JOURNALED_BESIDE_A_LOGIN,
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
    rule: "a rotation that founds a session counts: generation 0 has never been logged in to",
    edits: [
      {
        file: "src/session/session.ts",
        from: "(rotate && (returning || patches.length > 0))",
        to: "(rotate && returning)",
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 164 },
  },
  {
    name: "somebodys-view-ends",
    rule: "the older generation of a session that may be logged in ends with the grace after the rotation, used or not",
    edits: [
      {
        file: "src/session/generations.ts",
        from: "const ends = isSomebodys(view) ?",
        to: "const ends = now < 0 ?",
      },
    ],
    config: "moor-attack",
    found: { seed: 1, number: 19 },
  },
  {
    name: "nothing-of-somebodys",
    rule: "a session that an older generation begins takes no attributes of a login along",
    edits: [
      {
        file: "src/request/commit.ts",
        from: "const isOwn = !view || !isSomebodys(view) ||",
        to: "const isOwn = !view || principal === undefined ||",
      },
    ],
    config: "moor-attack-long",
    found: { seed: 1, number: 1009 },
  },
];

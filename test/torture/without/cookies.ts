import type { Schedule } from "../schedule.ts";
import { ELSEWHERE, made, visit } from "./made.ts";
import type { Rule } from "./rule.ts";

const STATES = "src/session/states.ts";
const HELD = "src/store/cookie/held-states.ts";
const IN_SINGAPORE = { place: { location: "sin", isolate: 0 } } as const;
const AUTHORITY = "src/store/cookie/cookie-authority.ts";

/** The edges' clocks are half a second apart. A change follows what its request was shown, while another response leaves that alone. */
const CLOCK_BEHIND = {
  ...made(
    [0, visit(0, "add")],
    [5_000, visit(0, "set", IN_SINGAPORE)],
    [5_200, visit(0, "set", { downMs: 50 })],
    [5_205, visit(0, "add", { downMs: 60 })],
    [20_000, visit(0, "read")],
  ),
  clocks: { edges: [-500, 500, 0], authority: 0, redis: 0 },
} as const;

/** The browser is killed after a logout, and brings its old cookies back. */
const KILLED = made(
  [0, visit(0, "add")],
  [5_000, visit(0, "end")],
  [6_000, { kind: "recall", browser: 0, back: 1 }],
  [120_000, visit(0, "read", ELSEWHERE)],
);

/** A response for the session is under way at its logout, and nobody comes for a while. The session is older than its first token. */
const LATE = made(
  [0, visit(0, "add")],
  [200_000, visit(0, "read")],
  [500_000, visit(0, "read")],
  [1_000_000, visit(0, "read")],
  [1_500_000, visit(0, "read")],
  [2_000_000, visit(0, "read")],
  [2_500_000, visit(0, "read")],
  [3_000_000, visit(0, "read")],
  [3_500_000, visit(0, "read")],
  [3_900_000, visit(0, "read")],
  [3_990_000, visit(0, "add", { originMs: 8_000 })],
  [3_992_000, visit(0, "end", ELSEWHERE)],
  [4_200_000, visit(0, "read")],
);

/** The store of ends is away at a logout. The browser is killed after it, and brings its old cookies back. */
const KILLED_IN_AN_OUTAGE = made(
  [0, visit(0, "add")],
  [5_000, { kind: "fault", from: "everywhere", lastsMs: 5_000, store: "kv", fault: { kind: "down" } }],
  [5_001, visit(0, "end")],
  [15_000, { kind: "recall", browser: 0, back: 1 }],
  [120_000, visit(0, "read", ELSEWHERE)],
);

/**
 * The clock of an edge is a minute ahead. While a change elsewhere is on its way to the browser, two changes there merge everything that is
 * seven seconds older than their stamps.
 */
const CLOCK_AHEAD: Schedule = {
  ...made(
    [0, visit(0, "add", IN_SINGAPORE)],
    [5_000, visit(0, "add")],
    [20_000, visit(0, "add", { ...IN_SINGAPORE, downMs: 4_000 })],
    [20_100, visit(0, "add")],
    [21_000, visit(0, "add")],
    [30_000, visit(0, "read")],
  ),
  clocks: { edges: [60_000, 0, 0], authority: 0, redis: 0 },
};

/** The rules of sessions in cookies. */
export const COOKIES: readonly Rule[] = [
  {
    name: "names-of-their-own",
    rule: "each response writes a state under a name of its own",
    edits: [{ file: HELD, from: "const place = randomId().slice(0, 6);", to: 'const place = "single";' }],
    config: "moor-cookie",
    found: { seed: 1, number: 0 },
  },
  {
    name: "horizon-of-what-was-carried",
    rule: "operations are merged by the newest stamp that the request carried, and not by the time",
    edits: [
      {
        file: STATES,
        from: "newestCarried - FOLD_AFTER_MS",
        to: "(own?.at ?? newestCarried) - FOLD_AFTER_MS",
      },
    ],
    config: "moor-cookie",
    found: { seed: 1, number: 23 },
  },
  {
    name: "seven-seconds",
    rule: "an operation stays apart for as long as a response that lacks it may be under way",
    edits: [{ file: STATES, from: "FOLD_AFTER_MS = 7_000", to: "FOLD_AFTER_MS = 1_000" }],
    config: "moor-cookie",
    found: { seed: 1, number: 260 },
  },
  {
    name: "stamps-above-those-carried",
    rule: "a change is stamped above everything that its request was shown",
    edits: [{ file: STATES, from: "return Math.max(now, newestStamp(carried) + 1);", to: "return now;" }],
    config: "moor-cookie",
    made: CLOCK_BEHIND,
  },
  {
    name: "tombstones-in-browsers",
    rule: "a logout leaves a tombstone in the browser",
    edits: [
      {
        file: HELD,
        from: "cookies.keep(id, END_PART, text, keepUntil)",
        to: "cookies.forget(id, END_PART)",
      },
    ],
    config: "moor-cookie",
    found: { seed: 1, number: 53 },
  },
  {
    name: "ends-are-asked-for",
    rule: "a store outside knows of each end, because a killed browser brings its old cookies back",
    edits: [
      {
        file: AUTHORITY,
        from: "const revoked = await revocation.ask(ref.id, now);",
        to: 'const revoked = await { kind: "alive", at: 0 };',
      },
    ],
    config: "moor-cookie",
    made: KILLED,
  },
  {
    name: "ends-are-told-first",
    rule: "the store outside knows of an end before its browser is told of it",
    edits: [
      {
        file: AUTHORITY,
        from: 'if (kept.kind === "unavailable") return kept;\n    await heldOf',
        to: "await heldOf",
      },
    ],
    config: "moor-cookie",
    made: KILLED_IN_AN_OUTAGE,
  },
  {
    name: "nothing-from-the-future",
    rule: "a change is refused that would be stamped two seconds in the future",
    edits: [
      {
        file: AUTHORITY,
        from: "if (aheadMs <= MOST_AHEAD_MS) return undefined;",
        to: "if (aheadMs > 0 || aheadMs <= 0) return undefined;",
      },
    ],
    config: "moor-cookie",
    made: CLOCK_AHEAD,
  },
  {
    name: "ends-outlive-late-responses",
    rule: "a tombstone outlives the idle timeout of a response that was under way",
    edits: [
      {
        file: AUTHORITY,
        from: "endedAt + LONGEST_REQUEST_MS + session.idleSeconds * 1_000 + touchEveryMs(session)",
        to: "endedAt",
      },
    ],
    config: "moor-cookie-idle",
    made: LATE,
  },
];

import type { Schedule } from "../schedule.ts";
import { COPIED, ELSEWHERE, made, objectsDown, objectsMute, redis, setBack, visit } from "./made.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A touch then has the object's alarm ring 40 s after the last first token of the session has died. */
const RINGS_A_DAY_LATER = DAY + 40_000 - 13.2 * HOUR;

/** A backup that was slow on its way arrives after the tombstone. */
export const BACKUP_AFTER_TOMBSTONE = made(
  [0, visit(0, "add")],
  [500, COPIED],
  [1_000, redis("objects", { kind: "slow", requestMs: 6_000, responseMs: 0 })],
  [1_001, visit(0, "add")],
  [3_000, visit(0, "end")],
  [4_000, visit(1, "read")],
  [9_000, objectsDown(20_000)],
  [9_001, visit(1, "read", ELSEWHERE)],
);

/**
 * The journal holds a change that is older than the visitor's next change, and that the visitor was only told has
 * failed.
 */
export const LOST_ANSWER = made(
  [0, visit(0, "set")],
  [1_000, objectsDown(5_000)],
  [1_100, visit(0, "set", { ...ELSEWHERE, originMs: 500 })],
  [1_400, redis("ams", { kind: "response-lost", silent: false })],
  [20_000, visit(0, "set")],
);

/**
 * The answer to a look at the journal is under way while the next look takes the same change over. Then another change
 * forgets the id.
 */
export const TWO_LOOKS = made(
  [0, visit(0, "set")],
  [1_000, objectsDown(3_000)],
  [1_100, visit(0, "set")],
  [15_000, redis("objects", { kind: "slow", requestMs: 0, responseMs: 900 })],
  [15_001, visit(0, "read")],
  [15_100, visit(0, "set")],
);

/** A change that the object has made reaches the journal after its expiry, when the object has forgotten its id. */
export const LATE_APPEND = made(
  [0, visit(0, "set")],
  [1_000, objectsMute(500, "commit")],
  [1_001, redis("ams", { kind: "slow", requestMs: 12_000, responseMs: 0 }, 0, "append")],
  [1_100, visit(0, "set")],
  [10_500, visit(0, "set")],
);

/** A change without a backup is shown, a slower response puts the older token back, and the object is lost. */
export const READ_BEFORE_BACKUP = made(
  [0, visit(0, "add")],
  [1_000, visit(0, "read", { downMs: 4_700 })],
  [1_200, redis("everywhere", { kind: "down" }, 300)],
  [1_201, visit(0, "add")],
  [2_000, visit(0, "read")],
  [6_500, objectsDown(20_000)],
  [6_501, visit(0, "read", ELSEWHERE)],
);

/**
 * A client that holds the earlier generation has the new generation kept in an isolate, whose copy answers its first
 * use.
 */
export const FIRST_USE_UNSEEN = made(
  [0, visit(0, "add")],
  [500, COPIED],
  [1_000, visit(0, "login")],
  [8_000, visit(1, "read", ELSEWHERE)],
  [9_000, visit(0, "read", ELSEWHERE)],
  [60_000, visit(1, "read")],
);

/** A first token from before a login changes the session in an outage, long after the login was used. */
export const PLANTED_IN_AN_OUTAGE = made(
  [0, visit(0, "read", { navigates: true })],
  [500, COPIED],
  [1_000, visit(0, "login")],
  [2_000, visit(0, "read")],
  [60_000, objectsDown(5_000)],
  [60_100, visit(1, "add")],
);

/** A session ends and its storage is freed while a request with a first token of it is at its origin. */
export const FREED_MEANWHILE = made(
  [0, visit(0, "read", { navigates: true })],
  [500, COPIED],
  [1_000, visit(0, "add")],
  [20 * MINUTE, visit(0, "read")],
  [RINGS_A_DAY_LATER, visit(0, "read")],
  [DAY - 5_000, visit(1, "add", { originMs: 50_000 })],
  [DAY + 35_000, visit(0, "end")],
);

/** As {@link FREED_MEANWHILE}, except that the journal still holds the change, which could not be removed. */
export const FREED_WITH_A_JOURNAL = made(
  [0, visit(0, "read", { navigates: true })],
  [500, COPIED],
  [1_000, visit(0, "add")],
  [20 * MINUTE, visit(0, "read")],
  [RINGS_A_DAY_LATER, visit(0, "read")],
  [DAY - 50_000, objectsDown(5_000)],
  [DAY - 49_000, visit(1, "add")],
  [DAY - 40_000, redis("objects", { kind: "down" }, 90_000, "takeOver")],
  [DAY - 39_000, visit(0, "end", ELSEWHERE)],
  [DAY - 1_000, objectsDown(5_000)],
);

/** A change that was taken over is in the journal again, after a later change has forgotten ids that seemed useless. */
export const TAKEN_TWICE = made(
  [0, visit(0, "add")],
  [1_000, objectsDown(3_000)],
  [1_100, visit(0, "set")],
  [15_000, visit(0, "set")],
  [16_000, visit(0, "add")],
  [30_000, setBack(20_000)],
);

/**
 * As {@link LOST_ANSWER}, except that the change reaches the journal at the last moment, after a look that covers the
 * mark.
 */
export const APPEND_AFTER_THE_LOOK = made(
  [0, visit(0, "set")],
  [1_000, objectsDown(5_000)],
  [1_001, redis("ams", { kind: "slow", requestMs: 7_600, responseMs: 0 }, 0, "append")],
  [1_100, visit(0, "set", ELSEWHERE)],
  [8_000, visit(0, "read")],
  [13_000, visit(0, "set")],
);

/** A login whose response is lost, and a logout that the journal accepts although it does not know of the login. */
export const LOGOUT_AFTER_LOST_LOGIN = made(
  [0, visit(0, "add")],
  [500, COPIED],
  [600, visit(1, "read")],
  [900, redis("objects", { kind: "down" }, 500, "keep")],
  [1_000, visit(0, "login", { lost: "response" })],
  [5_000, objectsDown(5_000)],
  [5_100, visit(0, "end")],
);

/**
 * The journal has accepted a change by a holder of the token. The object hears of it only after the visitor's login.
 */
export const JOURNALED_BEFORE_A_LOGIN = made(
  [0, visit(0, "add")],
  [500, COPIED],
  [1_000, objectsDown(3_000)],
  [1_100, visit(1, "add")],
  [15_000, visit(0, "login", ELSEWHERE)],
);

/**
 * The journal has accepted a change of one tab just before another tab's login. The clock of the edge is ahead of the
 * object's clock, so by the clocks the change came after the login.
 */
export const JOURNALED_BESIDE_A_LOGIN: Schedule = {
  ...made(
    [0, visit(0, "read", { navigates: true })],
    [100, { kind: "fault", from: "everywhere", lastsMs: 0, store: "object", fault: { kind: "overloaded" } }],
    [101, visit(0, "add", { upMs: 70, originMs: 1 })],
    [102, visit(0, "sign-in", { upMs: 40, originMs: 40 })],
  ),
  clocks: { edges: [400, 0, 0], authority: -400, redis: 0 },
};

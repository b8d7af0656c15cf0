import { describe, expect, it } from "vitest";
import type { Copy } from "../../src/session/copy.ts";
import {
  coversMark,
  deadlineOver,
  type Freshness,
  freshness,
  MEMORY_AGE_MS,
  REPLICA_AGE_MS,
  SETTLE_MS,
  type Seen,
} from "../../src/session/freshness.ts";
import { copyOf } from "../support/sessions.ts";
import { at } from "../support/time.ts";

/**
 * The token was signed at second 100, the copy vouched for at 105: just settled. It is asked at 105, may be 60 seconds
 * old, and idles out at 1,000.
 */
const BOUNDS = { ageMs: 60_000, settleMs: 5_000 };
const SEEN: Seen = { generation: 2, version: 7, issuedAt: at(100), touchedAt: at(90), expiresAt: at(1_000) };
const COPY: Copy = copyOf("s", {
  generation: 2,
  version: 7,
  touchedAt: at(90),
  vouchedAt: at(105),
  idleDeadline: at(1_000),
  absoluteDeadline: at(2_000),
});

interface Case {
  copy?: Partial<Copy>;
  seen?: Partial<Seen>;
  /** Seconds; default 105. */
  now?: number;
}

describe("a copy may answer", () => {
  it.each<[string, Case, Freshness]>([
    ["that fulfils every rule, each only just", {}, "fresh"],

    ["1: of the request's generation", { copy: { generation: 2 } }, "fresh"],
    ["1: not of a generation before", { copy: { generation: 1 } }, "generation"],
    ["1: not of a generation after, which the request has not proved", { copy: { generation: 3 } }, "generation"],
    ["1: of a newer version than the client has seen", { copy: { version: 8 } }, "fresh"],
    ["1: not of an older one", { copy: { version: 6 } }, "version"],

    ["2: not vouched for before the token has settled", { copy: { vouchedAt: at(104.999) } }, "settle"],
    ["2: not with a token that has just been signed", { seen: { issuedAt: at(100.001) } }, "settle"],

    ["3: without a look at the journal, when there is no mark", { copy: { journalSeenAt: 0 } }, "fresh"],
    ["3: with a mark that a look covers", { copy: { journalSeenAt: at(94) }, seen: { markedAt: at(80) } }, "fresh"],
    [
      "3: not with one that the look came too early for",
      { copy: { journalSeenAt: at(93.999) }, seen: { markedAt: at(80) } },
      "journal",
    ],
    [
      "3: not without any look, when there is a mark",
      { copy: { journalSeenAt: 0 }, seen: { markedAt: at(1) } },
      "journal",
    ],

    ["4: as old as the bound", { now: 165 }, "fresh"],
    ["4: not older", { now: 165.001 }, "age"],
    ["4: vouched for by a clock that is ahead", { copy: { vouchedAt: at(106) } }, "fresh"],

    ["5: before its idle deadline", { copy: { idleDeadline: at(105.001) } }, "fresh"],
    ["5: not at it", { copy: { idleDeadline: at(105) } }, "deadline"],
    [
      "5: after it, when the token has seen a later touch",
      { copy: { idleDeadline: at(105) }, seen: { touchedAt: at(91) } },
      "fresh",
    ],
    [
      "5: not when the token has expired as well",
      { copy: { idleDeadline: at(105) }, seen: { touchedAt: at(91), expiresAt: at(105) } },
      "deadline",
    ],
    ["5: before its absolute deadline", { copy: { absoluteDeadline: at(105.001) } }, "fresh"],
    [
      "5: not at it, whatever touch the token has seen",
      { copy: { absoluteDeadline: at(105) }, seen: { touchedAt: at(91) } },
      "deadline",
    ],
    ["5: not a tombstone", { copy: { ended: { at: at(50), reason: "ended" } } }, "ended"],
  ])("%s", (_what, { copy, seen, now = 105 }, expected) => {
    expect(freshness({ ...COPY, ...copy }, { ...SEEN, ...seen }, BOUNDS, at(now))).toBe(expected);
  });

  it("from memory when it is 5 seconds old at most, from KV 2 minutes; a response has 5 seconds to reach its client", () => {
    expect([MEMORY_AGE_MS, REPLICA_AGE_MS, SETTLE_MS]).toEqual([5_000, 120_000, 5_000]);
  });
});

describe("a look at the journal", () => {
  it("covers a mark that is older by 14 s: of two racing marks the older may stay, and a change is on its way until it expires", () => {
    expect(coversMark(at(20), at(6))).toBe(true);
    expect(coversMark(at(20), at(6.001))).toBe(false);
    expect(coversMark(0, undefined)).toBe(true);
  });
});

describe("which deadline of a view has passed", () => {
  const over = (now: number, seen: Partial<Seen> = {}) => deadlineOver(COPY, { ...SEEN, ...seen }, at(now));

  it("is told by name", () => {
    expect([over(999.999), over(1_000), over(2_000)]).toEqual([undefined, "idle", "absolute"]);
  });

  it("knows of the touch that the token has seen, while that token lives, and no touch moves the absolute deadline", () => {
    const touched = { touchedAt: at(91), expiresAt: at(1_500) };
    expect([over(1_499, touched), over(1_500, touched), over(2_000, { ...touched, expiresAt: at(3_000) })]).toEqual([
      undefined,
      "idle",
      "absolute",
    ]);
  });
});

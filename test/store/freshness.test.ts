import { describe, expect, it } from "vitest";
import type { Copy } from "../../src/store/contracts.ts";
import { type Freshness, freshness, MEMORY_AGE_MS, SETTLE_MS, type Seen } from "../../src/store/freshness.ts";
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

  it("from memory when it is 5 seconds old at most; a response has 5 seconds to reach its client", () => {
    expect([MEMORY_AGE_MS, SETTLE_MS]).toEqual([5_000, 5_000]);
  });
});

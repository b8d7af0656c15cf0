import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangePacker, unpack } from "../../src/session/packed-changes.ts";
import type { RecentChange, SessionRecord } from "../../src/session/record.ts";
import { T0 } from "../support/time.ts";
import { History } from "./history.ts";

const record = History.begun().record as SessionRecord;
const changesOf = (count: number, from = 0): RecentChange[] =>
  Array.from({ length: count }, (_, nth) => ({
    id: `id-${from + nth}`,
    expiresAt: T0 + from + nth,
    generation: nth % 3,
  }));
const holding = (recentChanges: readonly RecentChange[]): SessionRecord => ({ ...record, recentChanges });

describe("the recent changes of a record, as stores hold them", () => {
  it("are the list itself, up to 16: nothing of the record is another", () => {
    const few = holding(changesOf(16));
    expect(new ChangePacker().pack(few)).toBe(few);
    expect(unpack(few)).toBe(few);
  });

  it("are one text from 17 on, in a schema that a release without it leaves alone", () => {
    const { recentChanges, ...kept } = holding(changesOf(17));
    const packed = new ChangePacker().pack({ ...kept, recentChanges });
    expect(packed).toEqual({ ...kept, schema: 2, packedChanges: expect.any(String) });
    expect(unpack(packed)).toEqual({ ...kept, recentChanges });
  });

  it("are the same whatever came before: added, dropped from the front, replaced, or none", () => {
    const step = fc.oneof(
      fc.record({ drop: fc.nat(30), add: fc.nat(30) }),
      fc.record({ instead: fc.nat(40) }),
      fc.record({ without: fc.nat(40) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const packer = new ChangePacker();
        let list = changesOf(20);
        let made = 20;
        for (const step of steps) {
          if ("instead" in step) list = changesOf(step.instead, made);
          else if ("without" in step) list = list.filter((_, nth) => nth !== step.without);
          else list = [...list.slice(step.drop), ...changesOf(step.add, made)];
          made += 40;
          const packed = packer.pack(holding(list));
          expect("packedChanges" in packed).toBe(list.length > 16);
          expect(unpack(packed).recentChanges).toEqual(list);
        }
      }),
    );
  });
});

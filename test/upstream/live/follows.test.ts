import { describe, expect, it } from "vitest";
import { type Follows, judgeFollow } from "../../../src/upstream/live/follows.ts";
import { at, T0 } from "../../support/time.ts";

/** A judge that keeps its state, as a pool's object does. */
function judge() {
  let follows: Follows | undefined;
  return {
    lived(count: number, now = T0) {
      follows = judgeFollow(follows, { lived: count }, now).follows;
    },
    gone(session: string, { bornAt = T0, now = T0 } = {}) {
      const judged = judgeFollow(follows, { lived: 0, gone: { session, bornAt } }, now);
      follows = judged.follows;
      return judged;
    },
  };
}

describe("the judge of old sessions that are gone", () => {
  it("takes a few of many for logouts", () => {
    const site = judge();
    site.lived(1_000);
    for (let nth = 0; nth < 50; nth++) expect(site.gone(`s${nth}`)).toMatchObject({ ends: true });
  });

  it("takes more than a twentieth within a minute for a store that has lost its sessions, and says so once", () => {
    const site = judge();
    site.lived(100);
    const judged = Array.from({ length: 20 }, (_, nth) => site.gone(`s${nth}`));
    expect(judged.filter(({ ends }) => ends)).toHaveLength(5);
    expect(judged.flatMap(({ wave }) => wave ?? [])).toEqual([{ gone: 6, asked: 106 }]);
  });

  it("follows no session from before the wave any more, and sessions from after it", () => {
    const site = judge();
    for (let nth = 0; nth < 5; nth++) site.gone(`s${nth}`);
    expect(site.gone("older", { now: at(86_400) })).toMatchObject({ ends: false });
    expect(site.gone("younger", { bornAt: at(60), now: at(86_400) })).toMatchObject({ ends: true });
  });

  it("counts parallel requests of a visitor once, and each of them is a logout", () => {
    const site = judge();
    const judged = Array.from({ length: 20 }, () => site.gone("one"));
    expect(judged.every(({ ends }) => ends)).toBe(true);
  });

  it("forgets after a minute", () => {
    const site = judge();
    for (let nth = 0; nth < 20; nth++)
      expect(site.gone(`s${nth}`, { now: at(nth * 20) }), `${nth}`).toMatchObject({ ends: true });
  });
});

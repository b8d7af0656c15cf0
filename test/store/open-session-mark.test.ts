import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OpenedToken } from "../../src/inbound/token/tokens.ts";
import type { Ref } from "../../src/session/change.ts";
import { openSession } from "../../src/store/open-session.ts";
import { createEdge, type Edge, setTime } from "../support/edge.ts";
import { openedToken } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

let edge: Edge;
beforeEach(() => {
  setTime(T0);
  edge = createEdge();
});
afterEach(() => vi.useRealTimers());

describe("a mark", () => {
  /** Opens a session as the edge does, with an authority that answers a miss. */
  async function open(token: Partial<OpenedToken>, markedAt: number | undefined, region = 0) {
    const refs: Ref[] = [];
    const tiers = {
      ...edge.tiers,
      resolve: async (ref: Ref) => {
        refs.push(ref);
        return { kind: "miss", source: "object", passed: [] } as const;
      },
    };
    const arrival = { arrivedAt: at(100), region };
    const toMark = new Set<string>();
    const named = openedToken({ version: 0, bornAt: at(50), markedAt, ...token });
    const opening = { token: named, arrival, strict: false, onStale: "refuse", toMark } as const;
    const opened = await openSession(opening, { ...edge.parts, tiers });
    return { opened, refs, toMark };
  }

  it("lets stores be asked of a session that exists nowhere: the journal may hold it", async () => {
    expect((await open({}, undefined)).refs).toEqual([]);
    const { opened, refs, toMark } = await open({}, at(60));
    expect(toMark.size).toBe(0);
    expect(refs).toMatchObject([{ markedAt: at(60), bornAt: at(50) }]);
    expect(opened).toMatchObject({ kind: "session", source: "new", ref: { markedAt: at(60) } });
  });

  it("by a clock that is ahead counts as a mark of the request's own time", async () => {
    expect((await open({}, at(101))).refs).toMatchObject([{ markedAt: at(100) }]);
  });

  it.each([
    [1, 2, true],
    [1, 1, undefined],
    [0, 2, undefined],
    [1, 0, undefined],
  ])("aside, a session of region %i that is used in %i is away: %s (0 is unknown)", async (home, region, away) => {
    expect((await open({ version: 1, home }, undefined, region)).refs[0]?.away).toBe(away);
  });
});

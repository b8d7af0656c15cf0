import { beforeEach, describe, expect, it } from "vitest";
import { closuresOf, type PoolState, standingOf } from "../../../src/upstream/live/pool-state.ts";
import { changeOf } from "../../support/pool-states.ts";
import { at, T0 } from "../../support/time.ts";
import { AWAY_MS, beginPool, events, meets, onAuthority, pool, runUntil, world, written } from "./probed-pool.ts";
import { ERROR, flags } from "./probes.suite.ts";

beforeEach(() => beginPool());

describe("changes by operators, together with verdicts of probes", () => {
  const change = (action: "drain" | "eject", given = {}) =>
    onAuthority((authority) => authority.change({ pool, change: changeOf(action, given), awayMs: AWAY_MS }));
  const turns = (state: PoolState) =>
    standingOf(closuresOf(state, "b"), T0).next.map((turn) => [turn.state, (turn.at - T0) / 1000]);

  it("take effect later when they are published late, and no verdict is lost or brought back by that", async () => {
    meets.set("a", ERROR);
    await runUntil(25);
    world.kvFault = new Error("KV PUT failed: 429 Too Many Requests");
    await change("drain", { at: at(25 + 140), deadlineMs: 86_400_000, anyway: true });
    meets.clear();
    meets.set("b", ERROR);
    await runUntil(60);
    world.kvFault = undefined;
    await runUntil(80);
    const state = written.at(-1)?.state as PoolState;
    expect(flags(state)).toEqual({ b: "status" });
    const [[draining, from] = []] = turns(state) as [string, number][];
    expect([draining, Number(from) >= 60 + 150]).toEqual(["draining", true]);
    const versions = written.map(({ state: { version } }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
  });

  it("leave the alarm of the other: a drain that is empty ends while origins are probed", async () => {
    await runUntil(1);
    await change("drain");
    await runUntil(150 + 3_600 + 200);
    expect(events()).toEqual([["drain_ended", "b", undefined]]);
  });
});

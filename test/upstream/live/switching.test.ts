import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../emulation/clock.ts";
import { createDistantKv } from "../../../emulation/distant-kv.ts";
import { applyChange } from "../../../src/objects/pool/pool-changes.ts";
import type { Closures } from "../../../src/upstream/choose/birth.ts";
import { createOrder } from "../../../src/upstream/choose/order.ts";
import type { PoolChange } from "../../../src/upstream/live/pool-contracts.ts";
import { closuresById, type PoolState } from "../../../src/upstream/live/pool-state.ts";
import { createPoolView } from "../../../src/upstream/live/pool-view.ts";
import { publish, readPublished } from "../../../src/upstream/live/published-states.ts";
import { changeOf } from "../../support/pool-states.ts";
import { choiceFacts, poolConfig } from "../../support/pools.ts";
import { T0 } from "../../support/time.ts";

const config = poolConfig(["a", "b", "c"]);
const SESSIONS = Array.from({ length: 6 }, (_, i) => `session-${i}`);

async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await undefined;
}

/** The decisions of isolates far from one another, while operators drain, restore and eject. */
async function decisions(changes: [afterS: number, PoolChange["action"]][], pauses: number[], late: number) {
  const clock = createVirtualClock({ start: T0, turn: microtasks });
  const restore = clock.install();
  try {
    let draws = 0;
    // Some changes arrive at once, and some as late as KV may be.
    const random = () => (late === 1 ? 0.9 : (draws++ % 3) / 3);
    const world = createDistantKv({ clock, random });
    let state: PoolState | undefined;
    let said: Closures | undefined;
    const differing: string[] = [];
    const known = new Map<string, string>();
    const truth = createOrder(config, () => said);
    const isolates = pauses.map((pause, index) => {
      const kv = world.at(`place-${index % 3}`);
      const view = createPoolView({
        pool: "shop",
        read: () => readPublished(kv, "shop"),
        keepAlive: () => {},
        clock: clock.now,
        log: () => {},
      });
      return { pause, view, order: createOrder(config, view.closures), index };
    });
    const serve = async ({ view, order, index }: (typeof isolates)[number]) => {
      await view.look(clock.now());
      const now = clock.now();
      for (const session of SESSIONS) {
        for (const bornAt of [T0 - 60_000, T0 + 200_000, T0 + 500_000, now]) {
          if (bornAt > now) continue;
          const chosen = order(choiceFacts(session, { bornAt }), 3, now).join("");
          const right = truth(choiceFacts(session, { bornAt }), 3, now).join("");
          known.set(`${session} ${bornAt} ${now}`, chosen);
          if (chosen !== right)
            differing.push(`isolate ${index} at ${(now - T0) / 1000} s, born ${(bornAt - T0) / 1000}`);
        }
      }
    };
    const loops = isolates.map(async (isolate) => {
      while (clock.now() < T0 + 1_200_000) {
        await serve(isolate);
        await clock.sleep(isolate.pause);
      }
    });
    const operator = (async () => {
      for (const [afterS, action] of changes) {
        await clock.sleep(afterS * 1_000 + 2_000);
        const applied = applyChange(state, changeOf(action), clock.now());
        if (applied.kind !== "changed") continue;
        state = applied.state;
        said = closuresById(state);
        await publish(world.at("home"), "shop", state);
      }
    })();
    await clock.run({ until: T0 + 1_700_000 });
    await Promise.all([...loops, operator]);
    return { differing, decided: known.size };
  } finally {
    restore();
  }
}

describe("isolates that see KV differently", () => {
  const scenario = fc.tuple(
    fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom("drain", "restore", "eject")), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.array(fc.integer({ min: 2_000, max: 400_000 }), { minLength: 3, maxLength: 6 }),
    fc.integer({ min: 0, max: 1 }),
  );

  it("all decide as the pool's authority would, at every moment, before and after the named times", async () => {
    let decided = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ([changes, pauses, late]) => {
        const result = await decisions(changes as [number, PoolChange["action"]][], pauses, late);
        decided += result.decided;
        expect(result.differing).toEqual([]);
      }),
      { numRuns: 20, seed: 11 },
    );
    expect(decided).toBeGreaterThan(10_000);
  });
});

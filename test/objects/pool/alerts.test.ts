import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { PoolAuthority } from "../../../src/objects/pool/pool-authority.ts";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import { probePlanOf } from "../../../src/upstream/live/probe-plan.ts";
import { BETWEEN_KV_WRITES_MS } from "../../../src/upstream/live/published-states.ts";
import type { Report } from "../../../src/upstream/live/report.ts";
import { HEALTH_CHECK, poolConfig } from "../../support/pools.ts";
import { T0 } from "../../support/time.ts";

const AWAY_MS = 3_600_000;
const MINUTE_MS = 60_000;
const reportOf = (isolate: number, number: number): Report => ({
  isolate: `isolate-${isolate}`,
  number,
  counts: { "moor_requests_total{}": 1 },
  colo: "FRA",
  version: "v1",
  config: "c1",
  ejected: [],
  panics: false,
  open: [],
  webhook: "https://alerts.example/moor",
});

it.each([
  ["a pool that is not probed", false, 3],
  // HEALTH_CHECK probes every ten seconds.
  ["a pool that is probed", true, 3 + 6],
])("an object with a webhook rings its alarm a few times a minute, and no more: %s", async (name, isProbed, most) => {
  await runInDurableObject(env.POOL_OBJECT.getByName(`alerts of ${name}`), async (_, { storage }) => {
    let now = T0;
    let alarm: number | null = null;
    const authority = new PoolAuthority({
      rows: new PoolRows(storage),
      alarms: {
        getAlarm: async () => alarm,
        async setAlarm(at) {
          alarm = at;
        },
      },
      publish: async () => {},
      betweenPublicationsMs: BETWEEN_KV_WRITES_MS,
      probe: async () => ({ kind: "passed", status: 200 }),
      sendNote: async () => {},
      keepAlive: () => {},
      random: () => 0,
      clock: () => now,
      log: () => {},
    });
    const plan = probePlanOf({ ...poolConfig(["a", "b"]), healthCheck: HEALTH_CHECK });
    let rung = 0;
    const rings: number[] = [];
    for (let minute = 1; minute <= 5; minute++) {
      if (isProbed && plan) await authority.probe({ pool: "shop", plan, awayMs: AWAY_MS });
      for (let isolate = 0; isolate < 3; isolate++) {
        await authority.see({ pool: "shop", seen: [], report: reportOf(isolate, minute), awayMs: AWAY_MS });
      }
      const endsAt = now + MINUTE_MS;
      rung = 0;
      while (alarm !== null && alarm < endsAt && rung < 100) {
        now = Math.max(now, alarm);
        alarm = null;
        rung++;
        await authority.alarm();
      }
      rings.push(rung);
      now = endsAt;
    }
    expect(Math.max(...rings)).toBeLessThanOrEqual(most);
  });
});

import { expect, it } from "vitest";
import type { RowRead } from "../../src/row-stores/row-store.ts";
import { createStoreHealth } from "../../src/serve/store-health.ts";

function healthOf(read: (now: number) => RowRead) {
  let now = 1_000_000;
  let asked = 0;
  const store = {
    read: async () => {
      asked += 1;
      return read(now);
    },
  };
  return { health: createStoreHealth(store, () => now), elapse: (ms: number) => (now += ms), asked: () => asked };
}

it("is ready while the store answers", async () => {
  expect(await healthOf((storeNow) => ({ kind: "none", storeNow })).health()).toEqual({ status: "ready", apartMs: 0 });
});

it("is not ready while the store does not answer", async () => {
  const { health } = healthOf(() => ({ kind: "unavailable", cause: new Error("away") }));
  expect(await health()).toEqual({ status: "store_unavailable" });
});

it.each([5_000, -5_000])("bears a clock that is %d ms apart", async (apartMs) => {
  const { health } = healthOf((now) => ({ kind: "none", storeNow: now + apartMs }));
  expect(await health()).toEqual({ status: "ready", apartMs });
});

it.each([5_001, -5_001])("is not ready with a clock that is %d ms apart", async (apartMs) => {
  const { health } = healthOf((now) => ({ kind: "none", storeNow: now + apartMs }));
  expect(await health()).toEqual({ status: "clock_apart", apartMs });
});

it("asks the store once for many balancers", async () => {
  const { health, elapse, asked } = healthOf((storeNow) => ({ kind: "none", storeNow }));
  await health();
  await health();
  expect(asked()).toBe(1);
  elapse(500);
  await health();
  expect(asked()).toBe(2);
});

it("asks again after its own clock was set back", async () => {
  const { health, elapse } = healthOf((now) => ({ kind: "none", storeNow: now < 1_000_000 ? 1_000_000 : now }));
  expect(await health()).toEqual({ status: "ready", apartMs: 0 });
  elapse(-60_000);
  expect(await health()).toEqual({ status: "clock_apart", apartMs: 60_000 });
});

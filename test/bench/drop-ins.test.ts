/** @needs redis-server */
import { expect, it } from "vitest";
import { dropInsTable, measureStack } from "../../bench/drop-ins/drop-ins.ts";
import { STACKS, type Stack } from "../../bench/drop-ins/stacks.ts";

it("counts two calls of Redis per request of Express with connect-redis, and no call of Moor's session API", async () => {
  const express = STACKS.find(({ name }) => name === "Express") as Stack;
  const costs = await measureStack({ ...express, warmUp: 2 }, 20);
  expect(costs.moor).toMatchObject({ read: { storeCalls: 0 }, change: { storeCalls: 0 } });
  expect(costs.redis).toMatchObject({ read: { storeCalls: 2 }, change: { storeCalls: 2 } });
  expect(costs.redis.read.p50Ms).toBeGreaterThan(0);
  expect(dropInsTable([costs])).toContain("| connect-redis |");
}, 60_000);

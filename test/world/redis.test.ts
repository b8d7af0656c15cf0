import { createRedisWorld } from "../../world/redis.ts";
import { testFallback } from "../store/fallback.suite.ts";
import { T0 } from "../support/time.ts";

let clock = T0;

testFallback("Redis in memory", {
  create() {
    clock = T0;
    return createRedisWorld({ now: () => clock }).fallback;
  },
  now: () => clock,
  setClock(now) {
    clock = now;
  },
  gaps: [],
});

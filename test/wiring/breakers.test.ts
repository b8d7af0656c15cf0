import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { bindPools } from "../../src/wiring/pools.ts";
import { bindSessions } from "../../src/wiring/sessions.ts";
import { pool, resolved } from "../config/configs.ts";

const KEYS = `1:${"A".repeat(43)}`;
const REDIS = { UPSTASH_REDIS_REST_URL: "https://redis.test", UPSTASH_REDIS_REST_TOKEN: "t0ken" };

it("explain is given the breakers of all stores, also the breakers of principals and pools", () => {
  const config = resolved({ pools: [pool()], principals: {}, admin: {} });
  const bindings = { ...env, ...REDIS, MOOR_TOKEN_KEYS: KEYS, MOOR_STORE_KEYS: KEYS };
  const sessions = bindSessions(bindings, config, () => {});
  bindPools(bindings, config, sessions.makeBreaker, () => {}, { keepAlive: () => {} });
  expect(sessions.breakers.map(({ name }) => name)).toEqual(["object", "redis", "kv", "principal", "pool"]);
});

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createBreakers } from "../../src/store/breakers.ts";
import { bindPools } from "../../src/wiring/pools.ts";
import { pool, resolved } from "../config/configs.ts";

const config = resolved({ pools: [pool({ healthCheck: { path: "/health" } })] });
const { POOL_OBJECT, SESSION_REPLICAS } = env;
const log = () => {};
const bind = (bindings: Parameters<typeof bindPools>[0]) =>
  bindPools(bindings, config, createBreakers(log).make, log, { keepAlive: () => {} });

it.each([
  ["POOL_OBJECT", { SESSION_REPLICAS }],
  ["SESSION_REPLICAS", { POOL_OBJECT }],
])("a pool that is probed is refused without %s, and the message says why both are needed", (_name, bindings) => {
  expect(() => bind(bindings)).toThrow(
    "a pool's healthCheck needs POOL_OBJECT and SESSION_REPLICAS bound, as in wrangler.toml. " +
      "The KV namespace SESSION_REPLICAS also holds the states of pools.",
  );
  expect(bind({ POOL_OBJECT, SESSION_REPLICAS })).toBeDefined();
});

import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { MiddlewareConfig } from "../../../src/config/middleware.ts";
import type { AuthorityConfig, MoorConfig } from "../../../src/config/types.ts";
import { startRedis } from "../../bin/local-redis/rest.ts";
import type { MoorOptions } from "./workerd.ts";

/** The authority of every Moor that a test of this project starts, unless the test names another; unset: Durable Objects. */
const TYPE = process.env.MOOR_TEST_AUTHORITY as AuthorityConfig["type"] | undefined;

/** The name of that authority, as explain, metrics and the log show it. */
export const AUTHORITY: string = TYPE ?? "object";

/** One for all tests of a file: sessions have random ids. */
let started: Promise<LocalRedis> | undefined;

/** The configuration with the authority of the project's tests, and the way to its store. */
export async function givenAuthority(
  config: MoorConfig | MiddlewareConfig,
  { redis }: Pick<MoorOptions, "redis">,
): Promise<{ config: MoorConfig | MiddlewareConfig; redis: MoorOptions["redis"] }> {
  if (TYPE !== "redis" || config.stores?.authority) return { config, redis };
  started ??= startRedis();
  const { stores } = config;
  const { principals } = config;
  const limited = principals && { limit: { sessions: 500, ...principals.limit } };
  return {
    config: { ...config, stores: { ...stores, authority: { type: TYPE } }, ...(limited && { principals: limited }) },
    redis: await started,
  };
}

/** Options of a test that Durable Objects alone pass. `reason`: why another authority does not. */
export function ofObjectsAlone(reason: string): { skip: boolean } {
  const skip = AUTHORITY !== "object";
  if (skip) console.warn(`a test is skipped with the authority ${AUTHORITY}: ${reason}`);
  return { skip };
}

/** @needs redis-server */
import { openInNode } from "../../../bin/stores/redis-tcp.ts";
import { connectToRedis, type RedisServerAddress, readRedisAddress } from "../../../src/redis/tcp-client.ts";
import { startRedisBySocket } from "../../support/node/redis-by-socket.ts";
import { testServedPools } from "./pools.suite.ts";

const redis = await startRedisBySocket();
const address = readRedisAddress(redis.url) as RedisServerAddress;
const connection = connectToRedis({ address, open: openInNode, deadlineMs: 5_000 });

const keyOf = async (row: string) => ((await connection.run(["KEYS", `moor:{rows-*}:${row}`])) as string[])[0];

await testServedPools({
  type: "redis-tcp",
  port: redis.port,
  variables: (port) => ({ MOOR_REDIS_URL: `redis://:${redis.password}@127.0.0.1:${port}` }),
  async tagOf(row) {
    const key = await keyOf(row);
    return key === undefined ? undefined : ((await connection.run(["HGET", key, "tag"])) as string);
  },
  async lose(row) {
    const key = await keyOf(row);
    if (key !== undefined) await connection.run(["DEL", key]);
  },
  async stop() {
    connection.end();
    await redis.stop();
  },
});

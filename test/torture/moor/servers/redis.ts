import { carry } from "../../../../emulation/link.ts";
import { DeadlinePassed, withinDeadline } from "../../../../src/lib/deadline.ts";
import { RedisFault, refusal } from "../../../../src/redis/client.ts";
import type { RedisConnection } from "../../../../src/redis/tcp-client.ts";
import { createConnectedRedisRows } from "../../../../src/row-stores/redis/connected-redis-rows.ts";
import { createRedisRows } from "../../../../src/row-stores/redis/redis-rows.ts";
import { createRedisServer, type RedisServer } from "./redis-server.ts";
import type { CreateRowServer, RowServerParts } from "./server.ts";

const DEADLINE_MS = 1_000;
const ERRORS = { down: () => new RedisFault("no-answer"), lost: () => new RedisFault("no-answer") };

/** One of so many connections leads to a replica, which is so far behind. */
const REPLICA_IN = 10;
const REPLICA_BEHIND_MS = 4_000;
/** One of so many waits for the replica is in vain: its link is up, and says nothing. */
const SILENT_IN = 6;

/** Redis over the REST protocol of Upstash: the scripts of its driver. */
export const rowsInRedis: CreateRowServer = (parts) => {
  const server = createRedisServer(parts.serverNow);
  return {
    store: looksInto(server),
    from: (location) =>
      createRedisRows({
        run: (...asked) => overLink(parts, location, "write", async () => server.eval(...asked)),
        isMetered: true,
      }),
    setBack: server.failOver,
  };
};

/** Redis by a socket, with a replica: the scripts and commands of its driver. Some sockets lead to the replica. */
export const rowsInRedisByTcp: CreateRowServer = (parts) => byTcp(parts, 0);

/** The same, and a change waits for the replica. */
export const rowsInRedisWithWait: CreateRowServer = (parts) => byTcp(parts, 1);

function byTcp(parts: RowServerParts, waitReplicas: number): ReturnType<CreateRowServer> {
  const server = createRedisServer(parts.serverNow);
  const { clock, random, isCalm } = parts;
  const happens = (oneIn: number) => !isCalm() && random.below(oneIn) === 0;

  function connectFrom(location: string): RedisConnection {
    const behind = happens(REPLICA_IN) ? [REPLICA_BEHIND_MS] : [];
    const over = <T>(operation: string, work: () => Promise<T>) => overLink(parts, location, operation, work);
    return {
      // WAIT is the only command that the driver sends by itself.
      run: ([, least, waitMs]) =>
        over("wait", async () => {
          if (happens(SILENT_IN)) {
            await clock.sleep(Number(waitMs));
            return 0;
          }
          server.replicate();
          return Number(least);
        }),
      eval: (script, keys, args) => over("write", async () => server.eval(script, keys, args, ...behind)),
      end() {},
    };
  }

  return {
    store: looksInto(server),
    from: (location) => createConnectedRedisRows({ connect: () => connectFrom(location), waitReplicas }),
    setBack: server.failOver,
  };
}

/** The rows without a link. */
function looksInto(server: RedisServer) {
  return createRedisRows({ run: async (...asked) => server.eval(...asked), isMetered: false });
}

async function overLink<T>(
  { clock, latencyMs, faultOf }: RowServerParts,
  from: string,
  operation: string,
  work: () => Promise<T>,
): Promise<T> {
  const travel = { clock, requestMs: latencyMs(), responseMs: latencyMs(), errors: ERRORS };
  try {
    return await withinDeadline(carry(work, { ...travel, fault: faultOf(from, operation) }), DEADLINE_MS);
  } catch (fault) {
    if (fault instanceof DeadlinePassed) throw new RedisFault("timeout");
    throw fault instanceof RedisFault ? fault : refusal((fault as Error).message);
  }
}

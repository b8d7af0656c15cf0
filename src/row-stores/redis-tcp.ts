import { literal, optional } from "valibot";
import { connectToCluster } from "../redis/cluster-client.ts";
import { openSocket } from "../redis/open-socket.ts";
import { connectToRedis, type RedisServerAddress, readRedisAddress, requireRedisAddress } from "../redis/tcp-client.ts";
import { textRule, wholeNumber } from "../settings/grammar.ts";
import { list, shape, value } from "../settings/shapes.ts";
import { defineRowStore } from "./kind.ts";
import { createConnectedRedisRows } from "./redis/connected-redis-rows.ts";
import type { RowStore } from "./row-store.ts";

declare global {
  /** `false`: the build is without rows in a Redis that is reached by a socket. */
  const MOOR_REDIS_TCP_ROWS: boolean | undefined;
}

/** Rows in one Redis, by a socket. */
export interface RedisTcpRowsConfig {
  type: "redis-tcp";
  /**
   * How many replicas must have a change before it is acknowledged (`WAIT`). A failover to one of them then loses nothing. Default 0; up to
   * 10.
   */
  waitReplicas?: number | undefined;
  /**
   * The nodes of a Redis Cluster, each as `host:port`, as the Cluster names it; its replicas, too. The host of `MOOR_REDIS_URL` is always one of
   * them. Moor connects to no other host, whatever the Cluster says. Default: it is no Cluster.
   */
  nodes?: string[] | undefined;
}

/** The binding of that Redis. */
export interface RedisTcpRowsBindings {
  /** `rediss://user:password@host:port/database`, or `redis://…` without TLS. */
  readonly MOOR_REDIS_URL?: string;
}

const DEADLINE_MS = 1_000;

/** Redis, by a socket. */
export const redisTcp = defineRowStore<RedisTcpRowsConfig, RedisTcpRowsBindings>()({
  title: "authority on Redis by a socket",
  schema() {
    const node = textRule("host:port of a node, as its Cluster names it", (text) =>
      /^(?:[\w.-]+|\[[\da-f:]+\]):[1-9]\d{0,4}$/i.test(text),
    );
    return shape({
      type: literal("redis-tcp"),
      waitReplicas: optional(value(wholeNumber(0, 10))),
      nodes: optional(list(value(node), `a list of at least one: ${node.accepted}`)),
    });
  },
  guarantees: { survivesRestart: true, tellsTime: true, namesDue: true },
  // Other builds have this file for its settings, and nothing of the code behind the constant.
  bind: ({ MOOR_REDIS_URL: text }, settings) =>
    typeof MOOR_REDIS_TCP_ROWS === "undefined" || MOOR_REDIS_TCP_ROWS ? rowsAt(text, settings) : undefined,
});

function rowsAt(
  text: string | undefined,
  { waitReplicas = 0, nodes }: Pick<RedisTcpRowsConfig, "waitReplicas" | "nodes">,
): RowStore {
  const address = requireRedisAddress(text);
  const reach = { open: openSocket, deadlineMs: DEADLINE_MS };
  if (!nodes) return createConnectedRedisRows({ connect: () => connectToRedis({ address, ...reach }), waitReplicas });
  if (address.database !== 0) {
    throw new TypeError(
      "MOOR_REDIS_URL names a database, and a Redis Cluster has none but 0; it takes an address without one.",
    );
  }
  const cluster = { nodes: nodesOf(address, nodes), owners: new Map(), ...reach };
  return createConnectedRedisRows({ connect: () => connectToCluster(cluster), waitReplicas });
}

/** The nodes of a Cluster: that of the address, and the nodes that the settings name. User, password and TLS are those of the address. */
export function nodesOf(
  address: RedisServerAddress,
  names: readonly string[],
): readonly [RedisServerAddress, ...RedisServerAddress[]] {
  const further = names.flatMap((name) => {
    const { hostname, port } = addressOf(name) ?? address;
    return hostname === address.hostname && port === address.port ? [] : [{ ...address, hostname, port }];
  });
  return [address, ...further];
}

function addressOf(name: string): RedisServerAddress | undefined {
  return readRedisAddress(`redis://${name}`);
}

import { connect } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { AuthorityConfig } from "../../src/config/types.ts";
import type { Wire } from "../../src/lib/wire.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { connectToRedis, type RedisServerAddress, readRedisAddress } from "../../src/redis/tcp-client.ts";
import { nodesOf } from "../../src/row-stores/redis-tcp.ts";
import { CommandError } from "../command.ts";
import { startRedisServer } from "../local-redis/redis-server.ts";
import { freePort } from "../port.ts";
import { isReplica, redisSentences } from "./redis.ts";
import type { StoreSetup } from "./store-setup.ts";

const VARIABLE = "MOOR_REDIS_URL";
const DEADLINE_MS = 5_000;
const MISSING = "there is no redis-server on the PATH; on Debian and Ubuntu: apt-get install redis-server";

/** One Redis, by a socket. It needs no schema. */
export const redisTcp: StoreSetup = {
  files: {},
  settings: "",
  steps: [
    [
      `npx wrangler secret put ${VARIABLE}`,
      "takes rediss://user:password@host:port/database of a Redis that evicts nothing",
    ],
  ],
  served: (authority) => [
    {
      name: VARIABLE,
      accepted: "rediss://user:password@host:port/database, with user and password percent-encoded",
      hostsOf(text) {
        const address = readRedisAddress(text);
        return address && nodesIn(authority, address).map(({ hostname }) => hostname);
      },
    },
  ],
  local: {
    async start(folder) {
      const port = await freePort(0);
      const password = crypto.randomUUID();
      const server = await startRedisServer({ folder, tcp: { port, password } });
      if (!server) throw new CommandError("start", MISSING);
      const address = `127.0.0.1:${port}`;
      return { variables: { [VARIABLE]: `redis://:${password}@${address}` }, address, stop: server.stop };
    },
  },
  audit: {
    variables: () => [VARIABLE],
    async ask({ [VARIABLE]: text = "" }, authority, foundings) {
      const address = readRedisAddress(text);
      if (!address) throw new Error(`${VARIABLE} is no address of Redis`);
      const waitReplicas = "waitReplicas" in authority ? authority.waitReplicas : undefined;
      const nodes = nodesIn(authority, address);
      const roles = await Promise.all(nodes.map((node) => withNode(node, isReplica)));
      const shares = Math.max(1, roles.filter((isOne) => !isOne).length);
      const told: string[] = [];
      for (const [index, node] of nodes.entries()) {
        const sentences = await withNode(node, (client) => redisSentences(client, { waitReplicas, foundings, shares }));
        told.push(...sentences.map((text) => (nodes.length > 1 ? `node ${index + 1}: ${text}` : text)));
      }
      return told;
    },
  },
};

/** The nodes of the authority: that of the address, and those of a Cluster. */
function nodesIn(authority: AuthorityConfig, address: RedisServerAddress): readonly RedisServerAddress[] {
  return "nodes" in authority && authority.nodes ? nodesOf(address, authority.nodes) : [address];
}

async function withNode<Answer>(
  address: RedisServerAddress,
  ask: (client: RedisClient) => Promise<Answer>,
): Promise<Answer> {
  const connection = connectToRedis({ address, open: openInNode, deadlineMs: DEADLINE_MS });
  try {
    return await ask(connection);
  } finally {
    connection.end();
  }
}

/** A socket of Node in place of a Worker's. */
export function openInNode({ hostname, port, tls }: Pick<RedisServerAddress, "hostname" | "port" | "tls">): Wire {
  const socket = tls ? connectTls({ host: hostname, port, servername: hostname }) : connect(port, hostname);
  const { readable, writable } = Duplex.toWeb(socket);
  return {
    readable: readable as Wire["readable"],
    writable: writable as Wire["writable"],
    close: () => socket.destroy(),
  };
}

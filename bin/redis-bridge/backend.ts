import { DeadlinePassed, withinDeadline } from "../../src/lib/deadline.ts";
import type { RedisServerAddress } from "../../src/redis/tcp-client.ts";
import { CommandError } from "../command.ts";
import { RedisUnavailable } from "../local-redis/connections.ts";
import { RefusedByRedis } from "../local-redis/request.ts";
import type { Allowed } from "./allowed.ts";

/** A server, by its name and its port. */
export interface Node {
  readonly host: string;
  readonly port: number;
}

/** The Redis behind the bridge. */
export interface RedisBehind {
  /** How Redis is reached, and who the bridge is there. With a Cluster or Sentinels, the first of `nodes` is this host. */
  readonly address: RedisServerAddress;
  readonly kind: "single" | "cluster" | "sentinel";
  /** Nodes of the Cluster, or Sentinels; at least one. */
  readonly nodes: readonly Node[];
  /** The name by which Sentinels know the primary. */
  readonly primaryName: string;
}

/** Redis, as the bridge asks it. */
export interface Backend {
  /**
   * Runs a command once.
   *
   * @throws RefusedByRedis; RedisUnavailable if no answer came in time. The command may then take effect.
   */
  run(allowed: Allowed): Promise<unknown>;
  /** How often the connections to Redis were thrown away because an answer was late. */
  readonly thrownAway: number;
  close(): void;
}

/** The part of node-redis's clients that the bridge needs. */
interface Client {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
  ask(allowed: Allowed): Promise<unknown>;
}

type NodeRedis = typeof import("@redis/client");

/**
 * Loads node-redis.
 *
 * @throws CommandError of code `missing`, with the command that installs it.
 */
export async function loadNodeRedis(): Promise<NodeRedis> {
  try {
    return await import("@redis/client");
  } catch (cause) {
    throw new CommandError("missing", "@redis/client is not installed: npm install @redis/client@6.3.1", { cause });
  }
}

/**
 * Makes the connections to Redis, with the first command. An answer that is late would hold up all answers behind it, so the connections are
 * then thrown away, and the next command makes new ones.
 */
export function createBackend(library: NodeRedis, redis: RedisBehind, deadlineMs: number): Backend {
  let current: { readonly client: Client; readonly ready: Promise<unknown> } | undefined;
  let thrownAway = 0;

  function connected(): NonNullable<typeof current> {
    if (current) return current;
    const client = createClient(library, redis, deadlineMs);
    // The command that meets the fault tells of it.
    client.on("error", () => {});
    const made = { client, ready: client.connect() };
    made.ready.catch(() => drop(made));
    current = made;
    return made;
  }

  function drop(made: typeof current): void {
    if (made === undefined || current !== made) return;
    current = undefined;
    try {
      made.client.destroy();
    } catch {
      // It was never open, or has ended by itself.
    }
  }

  return {
    get thrownAway() {
      return thrownAway;
    },
    async run(allowed) {
      const used = connected();
      try {
        return await withinDeadline(
          used.ready.then(() => used.client.ask(allowed)),
          deadlineMs,
        );
      } catch (fault) {
        if (fault instanceof library.ErrorReply) throw new RefusedByRedis(fault.message);
        if (!(fault instanceof DeadlinePassed)) throw new RedisUnavailable("Redis was lost", { cause: fault });
        if (current === used) thrownAway += 1;
        drop(used);
        throw new RedisUnavailable("Redis did not answer in time", { cause: fault });
      }
    },
    close: () => drop(current),
  };
}

function createClient(library: NodeRedis, { address, kind, nodes, primaryName }: RedisBehind, timeout: number): Client {
  const { username, password, database, tls } = address;
  const sockets = { connectTimeout: timeout, ...(tls && { tls: true as const }) };
  const access = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
  const options = { ...access, RESP: 2 as const, commandOptions: { timeout } };
  switch (kind) {
    case "single": {
      const socket = { ...sockets, host: address.hostname, port: address.port };
      const client = library.createClient({ ...options, database, socket });
      return withAsk(client, ({ command }) => client.sendCommand(command));
    }
    case "cluster": {
      const rootNodes = nodes.map((node) => ({ ...access, socket: { ...sockets, ...node } }));
      const cluster = library.createCluster({ ...options, rootNodes, defaults: { ...access, socket: sockets } });
      return withAsk(cluster, ({ command, key }) => cluster.sendCommand(key, false, [...command]));
    }
    case "sentinel": {
      const sentinel = library.createSentinel({
        name: primaryName,
        RESP: 2,
        commandOptions: { timeout },
        sentinelRootNodes: [...nodes],
        nodeClientOptions: { ...access, database, socket: sockets },
        sentinelClientOptions: { socket: sockets },
        masterPoolSize: 4,
        scanInterval: 1_000,
      });
      return withAsk(sentinel, ({ command }) => sentinel.sendCommand(false, [...command]));
    }
  }
}

function withAsk(client: Omit<Client, "ask">, ask: Client["ask"]): Client {
  return {
    connect: () => client.connect(),
    destroy: () => client.destroy(),
    on: (event, listener) => client.on(event, listener),
    ask,
  };
}

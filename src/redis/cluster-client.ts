import type { Wire } from "../lib/wire.ts";
import { RedisFault } from "./client.ts";
import { connectToRedis, type RedisConnection, type RedisServerAddress } from "./tcp-client.ts";

/** The node that has a slot, as far as an isolate knows, by the number of the slot. It is plain data, which requests may share. */
export type SlotOwners = Map<number, RedisServerAddress>;

/** The way to a Redis Cluster. */
export interface ClusterConnectionOptions {
  /** The nodes to which it may connect, as the Cluster names them. */
  readonly nodes: readonly [RedisServerAddress, ...RedisServerAddress[]];
  readonly owners: SlotOwners;
  open(address: RedisServerAddress): Wire | Promise<Wire>;
  /** How long one command may take at one node, in milliseconds. */
  readonly deadlineMs: number;
}

/**
 * Connections to the nodes of a Redis Cluster, one for each node that is asked. A slot whose node is not known is asked at the first one. A
 * script that a node refuses with `MOVED` is sent once more, to the node that it names, if that is one of `nodes`. Every other refusal, among
 * them `ASK` and `TRYAGAIN` while a slot moves, is a fault: the key is unavailable until the slot has moved.
 *
 * A command without a key (`WAIT`) goes to the node that was asked last.
 */
export function connectToCluster({ nodes, owners, open, deadlineMs }: ClusterConnectionOptions): RedisConnection {
  const connections = new Map<RedisServerAddress, RedisConnection>();
  let last = nodes[0];

  function connectionTo(node: RedisServerAddress): RedisConnection {
    const connection = connections.get(node) ?? connectToRedis({ address: node, open, deadlineMs });
    connections.set(node, connection);
    return connection;
  }

  async function askOwner(slot: number, ask: (connection: RedisConnection) => Promise<unknown>): Promise<unknown> {
    const node = owners.get(slot) ?? nodes[0];
    last = node;
    try {
      return await ask(connectionTo(node));
    } catch (fault) {
      const named = fault instanceof RedisFault ? fault.movedTo : undefined;
      if (named === undefined) {
        // A node that is gone has left its slots to another one, which every other node knows.
        if (fault instanceof RedisFault && fault.isSilence) owners.set(slot, nodeAfter(node));
        throw fault;
      }
      const owner = nodes.find((one) => nameOf(one) === (named.startsWith(":") ? `${node.hostname}${named}` : named));
      if (!owner) throw new RedisFault("refused", "MOVED to a node that is not configured");
      owners.set(slot, owner);
      last = owner;
      return ask(connectionTo(owner));
    }
  }

  function nodeAfter(node: RedisServerAddress): RedisServerAddress {
    return nodes[(nodes.indexOf(node) + 1) % nodes.length] ?? nodes[0];
  }

  return {
    run: (command) => connectionTo(last).run(command),
    eval: (script, keys, args) => askOwner(slotOf(keys[0] ?? ""), (connection) => connection.eval(script, keys, args)),
    end() {
      for (const connection of connections.values()) connection.end();
    },
  };
}

/** The name of a node in `MOVED`. */
function nameOf({ hostname, port }: RedisServerAddress): string {
  return `${hostname}:${port}`;
}

const SLOTS = 16_384;

/** The slot of a key: of the text in its first braces, if there is one (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/). */
export function slotOf(key: string): number {
  const [, tag] = /^[^{]*\{([^}]+)\}/.exec(key) ?? [];
  return crc16(new TextEncoder().encode(tag ?? key)) % SLOTS;
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

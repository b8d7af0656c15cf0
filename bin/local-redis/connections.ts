import { once } from "node:events";
import { createConnection } from "node:net";
import { type Command, createReplyReader, encode, type Reply } from "./resp.ts";

/** Redis cannot be reached, or was lost before it answered. In the second case the commands may have been executed. */
export class RedisUnavailable extends Error {
  override readonly name = "RedisUnavailable";
}

/** The address of a Redis without a password: a Unix socket, or a port of 127.0.0.1. */
export type RedisAddress = { readonly path: string } | { readonly port: number };

/** Connections to one Redis. */
export interface Connections {
  /**
   * Sends commands in one go, on a connection that no other exchange uses meanwhile. So a slow command does not hold up other
   * exchanges, and `MULTI` to `EXEC` is a transaction. Resolves to a reply for each command.
   *
   * @param commands at least one; no command may change the state of its connection.
   * @throws RedisUnavailable
   */
  exchange(commands: readonly Command[]): Promise<Reply[]>;
  /** Ends all connections for good, including connections in use. */
  close(): void;
}

type Connection = Pick<Connections, "exchange">;

/**
 * Makes the connections to a Redis, as many as there are exchanges at once, and the first at the first exchange. When Redis comes
 * back after a loss, the next exchange connects again.
 */
export function createConnections(address: RedisAddress): Connections {
  const idle = new Set<Connection>();
  const closing = new AbortController();

  return {
    async exchange(commands) {
      const [free] = idle;
      const connection = free ?? (await connect(address, closing.signal, (lost) => idle.delete(lost)));
      idle.delete(connection);
      const replies = await connection.exchange(commands);
      idle.add(connection);
      return replies;
    },
    close: () => closing.abort(),
  };
}

async function connect(
  address: RedisAddress,
  signal: AbortSignal,
  whenLost: (lost: Connection) => void,
): Promise<Connection> {
  const socket = createConnection({ host: "127.0.0.1", ...address, noDelay: true, signal });
  try {
    await once(socket, "connect");
  } catch (cause) {
    throw new RedisUnavailable("Redis cannot be reached", { cause });
  }

  let pending: { take(reply: Reply): void; fail(cause: Error): void } | undefined;
  const lose = (cause?: Error | null) =>
    pending?.fail(new RedisUnavailable("Redis was lost; what it was asked may have been done", { cause }));
  const read = createReplyReader((reply) => pending?.take(reply));

  const connection: Connection = {
    exchange(commands) {
      return new Promise((resolve, reject) => {
        const replies: Reply[] = [];
        const take = (reply: Reply) => {
          if (replies.push(reply) < commands.length) return;
          pending = undefined;
          resolve(replies);
        };
        pending = { take, fail: reject };
        socket.write(commands.map(encode).join(""), (error) => error && lose(error));
      });
    },
  };
  socket.on("data", (chunk) => {
    try {
      read(chunk);
    } catch (cause) {
      socket.destroy(cause as Error);
    }
  });
  socket.on("error", lose);
  socket.on("close", () => {
    lose();
    whenLost(connection);
  });
  return connection;
}

import { DeadlinePassed, withinDeadline } from "../lib/deadline.ts";
import { isPercentEncoded } from "../lib/percent-encoding.ts";
import type { Wire } from "../lib/wire.ts";
import { type RedisClient, RedisFault } from "./client.ts";
import { type RespConnection, speakResp } from "./resp.ts";

/** A Redis that is reached by a socket. */
export interface RedisServerAddress {
  readonly hostname: string;
  readonly port: number;
  /** Whether the socket is encrypted, and the name in the server's certificate is checked. */
  readonly tls: boolean;
  /** Of ACL. Default: Redis' user `default`. */
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
}

/** A connection to Redis. It opens with the first command, and can be used again after its end. Commands follow each other. */
export interface RedisConnection extends RedisClient {
  end(): void;
}

/** The way to Redis. */
export interface RedisConnectionOptions {
  readonly address: RedisServerAddress;
  /** Opens a socket. It may throw, or fail with the first use. */
  open(address: RedisServerAddress): Wire | Promise<Wire>;
  /** How long one command may take, with the opening of the socket before it, in milliseconds. */
  readonly deadlineMs: number;
}

const FORM = /^rediss?:\/\/(?:[^\s/?#@]*@)?[^\s/?#@]+(?:\/\d{0,4})?$/;

/**
 * Reads `redis://user:password@host:port/database`, or `rediss://…` for a socket with TLS. The form is that of
 * https://www.iana.org/assignments/uri-schemes/prov/redis, without a query. User and password are percent-encoded.
 *
 * @returns `undefined`: the text has another form.
 */
export function readRedisAddress(text: string): RedisServerAddress | undefined {
  if (!FORM.test(text) || !URL.canParse(text) || !isPercentEncoded(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname } = new URL(text);
  return {
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 6_379),
    tls: protocol === "rediss:",
    username: username === "" ? undefined : decodeURIComponent(username),
    password: password === "" ? undefined : decodeURIComponent(password),
    database: Number(pathname.slice(1)),
  };
}

/**
 * Reads the address in the binding MOOR_REDIS_URL.
 *
 * @throws TypeError that names the binding and the accepted values, and no value.
 */
export function requireRedisAddress(text: string | undefined): RedisServerAddress {
  const address = text === undefined ? undefined : readRedisAddress(text);
  if (address) return address;
  const found = text === undefined ? "not set" : "no address of Redis";
  throw new TypeError(
    `MOOR_REDIS_URL is ${found}; it takes one, as in "rediss://user:password@redis.example.com:6379/0", with user and password percent-encoded.`,
  );
}

/** A connection whose commands each have a deadline. A late answer would be taken for the next one's, so after a fault the socket is thrown away. */
export function connectToRedis({ address, open, deadlineMs }: RedisConnectionOptions): RedisConnection {
  const { username, password, database } = address;
  const greeting = [
    ...(password === undefined ? [] : [["AUTH", ...(username === undefined ? [] : [username]), password]]),
    ...(database === 0 ? [] : [["SELECT", String(database)]]),
  ];
  let connection: RespConnection | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  function end(): void {
    connection?.close();
    connection = undefined;
  }

  async function ask(command: readonly string[]): Promise<unknown> {
    if (connection) return connection.ask([command]);
    connection = speakResp(await open(address));
    return connection.ask([...greeting, command]);
  }

  async function runNow(command: readonly string[]): Promise<unknown> {
    try {
      return await withinDeadline(ask(command), deadlineMs);
    } catch (fault) {
      end();
      if (fault instanceof RedisFault) throw fault;
      // The error may quote the address, so only its kind is kept.
      throw new RedisFault(fault instanceof DeadlinePassed ? "timeout" : "no-answer");
    }
  }

  function run(command: readonly string[]): Promise<unknown> {
    const answer = turn.then(() => runNow(command));
    // Whoever has asked is told of the fault. The next command only has to wait for its turn.
    turn = answer.catch(() => {});
    return answer;
  }

  return { run, eval: (script, keys, args) => run(["EVAL", script, String(keys.length), ...keys, ...args]), end };
}

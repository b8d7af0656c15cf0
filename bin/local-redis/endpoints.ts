import type { Connections } from "./connections.ts";
import { RequestError, readCommand, readCommands } from "./request.ts";
import { isError, type RedisError, type Reply } from "./resp.ts";

/** How JSON shows the strings of Redis. With `utf8`, invalid bytes become U+FFFD. */
export type Encoding = "base64" | "utf8";

/**
 * Handles the body of a request to one path; resolves to the body of the response.
 *
 * @throws RequestError (400) if this path does not accept the body, or Redis answers the whole of it with an error.
 * @throws RedisUnavailable
 */
export type Endpoint = (body: unknown, redis: Connections, encoding: Encoding) => Promise<unknown>;

/** Redis's answer to one command, in JSON. */
type Item = { result: unknown } | RedisError;

export const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ["/", command],
  ["/pipeline", pipeline],
  ["/multi-exec", transaction],
]);

async function command(body: unknown, redis: Connections, encoding: Encoding): Promise<Item> {
  const [reply = null] = await redis.exchange([readCommand(body)]);
  return toItem(succeeded(reply), encoding);
}

async function pipeline(body: unknown, redis: Connections, encoding: Encoding): Promise<Item[]> {
  const replies = await redis.exchange(readCommands(body));
  return replies.map((reply) => toItem(reply, encoding));
}

async function transaction(body: unknown, redis: Connections, encoding: Encoding): Promise<Item[]> {
  const replies = await redis.exchange([["MULTI"], ...readCommands(body), ["EXEC"]]);
  // A command that cannot be queued says why. EXEC only says that there was such a command.
  const results = succeeded(replies.find(isError) ?? replies.at(-1) ?? null);
  return (results as readonly Reply[]).map((reply) => toItem(reply, encoding));
}

function succeeded(reply: Reply): Exclude<Reply, RedisError> {
  if (isError(reply)) throw new RequestError(400, reply.error);
  return reply;
}

/**
 * "OK" is not encoded if it is the whole result. Deeper in a result it is encoded, although Upstash's documentation excepts it
 * everywhere. @upstash/redis decodes every element of an array, and would turn a plain "OK" into "8".
 */
function toItem(reply: Reply, encoding: Encoding): Item {
  if (isError(reply)) return reply;
  return { result: Buffer.isBuffer(reply) && reply.equals(OK) ? "OK" : toJson(reply, encoding) };
}

const OK = Buffer.from("OK");

function toJson(reply: Reply, encoding: Encoding): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString(encoding);
  return Array.isArray(reply) ? reply.map((element) => toJson(element, encoding)) : reply;
}

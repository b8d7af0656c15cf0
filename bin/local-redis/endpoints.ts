import type { Connections } from "./connections.ts";
import { RequestError, readCommand, readCommands } from "./request.ts";
import { isError, type RedisError, type Reply } from "./resp.ts";

/** How Redis's strings are shown in JSON. In `utf8`, bytes that are none become U+FFFD. */
export type Encoding = "base64" | "utf8";

/**
 * What a path does with a request's body; resolves to the body of the response.
 *
 * @throws RequestError (400) if the body is none for this path, or Redis answers the whole of it with an error.
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
  // A command that cannot be queued says why; EXEC says only that there was one.
  const results = succeeded(replies.find(isError) ?? replies.at(-1) ?? null);
  return (results as readonly Reply[]).map((reply) => toItem(reply, encoding));
}

function succeeded(reply: Reply): Exclude<Reply, RedisError> {
  if (isError(reply)) throw new RequestError(400, reply.error);
  return reply;
}

/**
 * "OK" is not encoded where it is the whole of a result. Further down it is, though Upstash's documentation excepts
 * it everywhere: @upstash/redis decodes the elements of an array without exception, and would make "8" of it.
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

import type { Command } from "./resp.ts";

/** An error in a request, reported to its sender. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An error with which Redis answered the command of a request. */
export class RefusedByRedis extends RequestError {
  constructor(message: string) {
    super(400, message);
  }
}

/**
 * Commands that Upstash does not offer over REST. They block, or change the state of their connection, which serves another
 * request next. https://upstash.com/docs/redis/features/restapi, "REST - Redis API Compatibility".
 */
const NOT_OVER_REST = new Set(
  [
    ["AUTH", "CLIENT", "HELLO", "QUIT", "RESET", "SELECT", "ASKING", "READONLY", "READWRITE", "CLUSTER"],
    ["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"],
    ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"],
    ["MONITOR", "SYNC", "PSYNC", "REPLCONF"],
    ["BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP"],
  ].flat(),
);

/**
 * The command that a body `["SET", "key", 1]` stands for.
 *
 * @throws RequestError (400) if the body has another form.
 */
export function readCommand(body: unknown): Command {
  if (!Array.isArray(body) || !body.every(isArgument) || typeof body[0] !== "string") {
    throw new RequestError(400, "ERR a command is an array of strings, numbers and booleans that begins with a name");
  }
  const [name] = body;
  // Redis itself refuses the command under a name that it does not know, and with it the transaction that contains it.
  return NOT_OVER_REST.has(name.toUpperCase()) ? [`${name} over REST`] : body.map(String);
}

/**
 * The commands that a body `[["SET", "key", 1], ["GET", "key"]]` stands for.
 *
 * @throws RequestError (400) if the body has another form, or is empty.
 */
export function readCommands(body: unknown): Command[] {
  if (!Array.isArray(body) || body.length === 0) {
    throw new RequestError(400, "ERR a pipeline or transaction is an array of commands, and not empty");
  }
  return body.map(readCommand);
}

function isArgument(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

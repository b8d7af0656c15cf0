import { type LocalRedis, startLocalRedis } from "../../../bin/local-redis/local-redis.ts";

/** An answer of the bridge. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** The address of a bridge, and the token that it asks for. */
type Address = Pick<LocalRedis, "url" | "token">;

/** A Redis of the test's own, behind its bridge. */
export async function startRedis(options?: Parameters<typeof startLocalRedis>[0]): Promise<LocalRedis> {
  const redis = await startLocalRedis(options);
  if (!redis) throw new Error("these tests need a redis-server on the PATH");
  return redis;
}

/** Sends the commands in the body to a path. Every answer must be JSON. */
export async function post(
  { url, token }: Address,
  path: string,
  body: unknown,
  headers?: Record<string, string>,
): Promise<Answer> {
  return ask(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });
}

export async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const { status, headers } = response;
  if (headers.get("content-type") !== "application/json") throw new Error(`${status} ${headers.get("content-type")}`);
  return { status, headers, body: await response.json() };
}

/** The result of a command that succeeds. */
export async function run(address: Address, ...command: (string | number | boolean)[]): Promise<unknown> {
  const { status, body } = await post(address, "/", command);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return (body as { result: unknown }).result;
}

import { hash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { RedisUnavailable } from "../local-redis/connections.ts";
import { RequestError } from "../local-redis/request.ts";

/** Whether the value of an `Authorization` header is that of a bearer token which this bridge takes. */
export type BearerCheck = (authorization: string | undefined) => boolean;

/** Compares hashes with each token, so that the time depends neither on the tokens nor on their lengths. */
export function bearerCheck(tokens: readonly string[]): BearerCheck {
  const digest = (text: string) => hash("sha256", text, "buffer");
  const expected = tokens.map((token) => digest(`Bearer ${token}`));
  return (authorization = "") => {
    const given = digest(authorization);
    return expected.filter((one) => timingSafeEqual(one, given)).length > 0;
  };
}

/**
 * Reads a body of JSON. It reads even a body that is too large to its end, because a client that is cut off while it sends does not see the
 * answer.
 *
 * @throws RequestError (413) if it has more bytes, or (400) if it is no JSON.
 */
export async function readJson(request: IncomingMessage, mostBytes: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= mostBytes) chunks.push(chunk);
  }
  if (size > mostBytes) throw new RequestError(413, `ERR a body has at most ${mostBytes} bytes`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new RequestError(400, "ERR the body is no JSON");
  }
}

/** Answers with the fault of a request: its status and the text of the error as JSON. */
export function sendFault(response: ServerResponse, fault: unknown): void {
  if (fault instanceof RequestError) {
    if (fault.status === 401) response.setHeader("www-authenticate", "Bearer");
    if (fault.status === 405) response.setHeader("allow", "POST");
    send(response, fault.status, { error: fault.message });
  } else if (fault instanceof RedisUnavailable) {
    send(response, 503, { error: `ERR ${fault.message}` });
  } else {
    send(response, 500, { error: "ERR internal error" });
  }
}

/** Answers with JSON. */
export function send(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
}

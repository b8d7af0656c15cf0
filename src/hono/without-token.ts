import type { Context } from "hono";
import { cloneRawRequest } from "hono/request";
import type { Carriers } from "../inbound/carriers.ts";
import { DEBUG_HEADER } from "../inbound/token/debug-token.ts";
import type { AskedParts } from "../lib/asked.ts";

/** The request with its body. hono has kept a body that another middleware has read already. */
export function wholeRequest({ req }: Context): Request | Promise<Request> {
  return req.raw.bodyUsed ? cloneRawRequest(req) : req.raw;
}

/**
 * The request as handlers see it: without token, proof, mark and debug token, because handlers may pass it on to others.
 *
 * @param whole see {@link wholeRequest}.
 * @param asked the request, as it was read.
 * @param stripped the address of the request without the token that stood there. `undefined`: the address stays as it came, because hono
 * has chosen the handlers by that address.
 */
export function withoutToken(
  whole: Request,
  { headers: sent }: AskedParts,
  stripped: URL | undefined,
  carriers: Pick<Carriers, "cut">,
): Request {
  const request = stripped ? new Request(stripped, whole) : new Request(whole);
  const { headers } = request;
  carriers.cut(headers, sent);
  if (sent.has(DEBUG_HEADER)) headers.delete(DEBUG_HEADER);
  return request;
}

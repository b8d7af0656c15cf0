import type { Context } from "hono";
import { cloneRawRequest } from "hono/request";
import type { Carriers } from "../inbound/carriers.ts";
import { DEBUG_HEADER } from "../inbound/token/debug-token.ts";

/** The request with its body. hono has kept a body that another middleware has read already. */
export async function wholeRequest({ req }: Context): Promise<Request> {
  return req.raw.bodyUsed ? cloneRawRequest(req) : req.raw;
}

/**
 * The request as handlers see it: without token, proof, mark and debug token, because handlers may pass it on to others.
 *
 * @param url the address of the request, without a token.
 */
export async function withoutToken(c: Context, url: URL, carriers: Pick<Carriers, "cut">): Promise<Request> {
  const { raw } = c.req;
  const whole = await wholeRequest(c);
  // The address stays as it came unless there was a token in it, because hono has chosen the handlers by that address.
  const isStripped = new URL(raw.url).search !== url.search;
  const request = new Request(isStripped ? url : whole, whole);
  carriers.cut(request.headers);
  request.headers.delete(DEBUG_HEADER);
  return request;
}

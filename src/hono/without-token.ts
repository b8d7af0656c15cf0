import type { Context } from "hono";
import { cloneRawRequest } from "hono/request";
import type { Carriers } from "../inbound/carriers/carriers.ts";

/** The request with its body: what another middleware has read already, hono has kept. */
export async function wholeRequest({ req }: Context): Promise<Request> {
  return req.raw.bodyUsed ? cloneRawRequest(req) : req.raw;
}

/**
 * The request as handlers see it, and may pass it on to others: without token, proof and mark.
 *
 * @param url its address, without a token.
 */
export async function withoutToken(c: Context, url: URL, carriers: Pick<Carriers, "cut">): Promise<Request> {
  const { raw } = c.req;
  const whole = await wholeRequest(c);
  // The address stays as it came unless there was a token in it: handlers have been chosen by that.
  const isStripped = new URL(raw.url).search !== url.search;
  const request = new Request(isStripped ? url : whole, whole);
  carriers.cut(request.headers);
  return request;
}

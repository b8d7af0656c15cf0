import type { Context } from "hono";
import { cloneRawRequest } from "hono/request";
import type { Carriers } from "../inbound/carriers.ts";

/**
 * The request as handlers see it, and may pass it on to others: without token, proof and mark.
 *
 * @param url its address, without a token.
 */
export async function withoutToken(c: Context, url: URL, carriers: Pick<Carriers, "cut">): Promise<Request> {
  const { raw } = c.req;
  // What another middleware has read already, hono has kept.
  const whole = raw.bodyUsed ? await cloneRawRequest(c.req) : raw;
  // The address stays as it came unless there was a token in it: handlers have been chosen by that.
  const isStripped = new URL(raw.url).search !== url.search;
  const request = new Request(isStripped ? url : whole, whole);
  carriers.cut(request.headers);
  return request;
}

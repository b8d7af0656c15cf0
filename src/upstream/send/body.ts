import type { AskedParts } from "../../lib/asked.ts";

/** A request's body on its way to an origin. */
export type Body = ReadableStream | ArrayBuffer | null;

/** Bodies up to this length are held: then the request can be sent again, and a slow client is not taken for a slow origin. */
export const MAX_HELD_BODY_BYTES = 64 * 1024;

/** The body of a request that declares its length as 0, as posts without a form do. It is not read: a read takes an event of its own. */
const EMPTY = new ArrayBuffer(0);

/** `fetch` sends them without a body. */
export const BODILESS_METHODS = new Set(["GET", "HEAD"]);

/**
 * Whether a request has a body that cannot be sent on: the body of a GET or HEAD, which means nothing (RFC 9110 section
 * 9.3.1).
 */
export function isBodyUnsendable({ method, headers, body }: AskedParts & Pick<Request, "body">): boolean {
  return body !== null && BODILESS_METHODS.has(method) && headers.get("Content-Length") !== "0";
}

/**
 * A request's body. It is held whole if it declares a length within {@link MAX_HELD_BODY_BYTES}. Otherwise it is the
 * stream itself, which can be sent once.
 *
 * @param read reads it whole.
 * @returns `"incomplete"` if the client has broken off.
 */
export async function takeBody(
  { method, headers, body }: AskedParts & Pick<Request, "body">,
  read: () => Promise<ArrayBuffer>,
): Promise<Body | "incomplete"> {
  if (!body || BODILESS_METHODS.has(method)) return null;
  const declared = headers.get("Content-Length");
  if (declared === "0") return EMPTY;
  const fits = declared !== null && Number(declared) <= MAX_HELD_BODY_BYTES;
  if (!fits) return body;
  try {
    return await read();
  } catch {
    return "incomplete";
  }
}

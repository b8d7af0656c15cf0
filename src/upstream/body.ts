/** A request's body on its way to an origin. */
export type Body = ReadableStream | ArrayBuffer | null;

/** Bodies up to this length are held so that the request can be sent again. */
export const MAX_HELD_BODY_BYTES = 64 * 1024;

/**
 * A request's body, held whole if that is `wanted` and it declares a length within {@link MAX_HELD_BODY_BYTES}; else the
 * stream itself, which can be sent once.
 */
export async function takeBody(request: Request, wanted: boolean): Promise<Body> {
  if (!request.body) return null;
  const declared = request.headers.get("Content-Length");
  const fits = declared !== null && Number(declared) <= MAX_HELD_BODY_BYTES;
  return wanted && fits ? request.arrayBuffer() : request.body;
}

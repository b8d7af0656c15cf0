/** The largest body of a request: as much as Cloudflare lets through on its free plan. */
export const MAX_BODY_BYTES = 100 * 1024 * 1024;

/** The body of a request, which breaks off if it turns out to be larger than {@link MAX_BODY_BYTES}. */
export interface LimitedBody {
  readonly body: ReadableStream | null;
  readonly isTooLarge: () => boolean;
}

/** A body whose length is declared needs no count, because the runtime holds its client to that length. */
export function limitBody(
  { body, headers }: Pick<Request, "body" | "headers">,
  mostBytes = MAX_BODY_BYTES,
): LimitedBody {
  let bytes = 0;
  const isTooLarge = () => bytes > mostBytes;
  if (body === null || headers.has("Content-Length")) return { body, isTooLarge };
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (isTooLarge()) throw new RangeError("the body is too large");
      controller.enqueue(chunk);
    },
  });
  return { body: body.pipeThrough(counting), isTooLarge };
}

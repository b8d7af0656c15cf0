/**
 * Reads a body whole.
 *
 * @returns `"too-large"`: it has more than `mostBytes`; `"incomplete"`: it broke off.
 */
export async function readBounded(
  body: ReadableStream | null,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer> | "too-large" | "incomplete"> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > mostBytes) return "too-large";
      chunks.push(chunk as Uint8Array<ArrayBuffer>);
    }
  } catch {
    return "incomplete";
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

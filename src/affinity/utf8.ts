/** UTF-8 bytes: the first `length` of `bytes`. */
export interface Utf8 {
  readonly bytes: Uint8Array;
  readonly length: number;
}

const encoder = new TextEncoder();
const shared = { bytes: new Uint8Array(256), length: 0 };

/**
 * Encodes `text` as UTF-8, exactly as `TextEncoder` does (a lone surrogate becomes U+FFFD). The result lies in a buffer that is
 * reused: it holds until the next call.
 */
export function encodeUtf8(text: string): Utf8 {
  if (shared.bytes.length < text.length * 3) shared.bytes = new Uint8Array(text.length * 3);
  const { bytes } = shared;
  shared.length = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) {
      shared.length = encoder.encodeInto(text, bytes).written;
      break;
    }
    bytes[i] = code;
  }
  return shared;
}

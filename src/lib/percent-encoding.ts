/** Whether each `%` of a text begins an encoded byte, and the bytes are UTF-8. Otherwise the text cannot be decoded. */
export function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

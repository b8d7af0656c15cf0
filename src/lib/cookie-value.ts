/**
 * The value of the first cookie of a name in a `Cookie` header (RFC 6265 section 5.4), raw; `undefined`: there is no
 * such cookie.
 *
 * @param ignoresCase whether names are compared without case. Default `false`.
 */
export function cookieValue(header: string | null, name: string, ignoresCase = false): string | undefined {
  const comparable = (text: string) => (ignoresCase ? text.toLowerCase() : text);
  const begin = comparable(`${name}=`);
  for (const pair of header?.split(";") ?? []) {
    const text = pair.trimStart();
    if (comparable(text.slice(0, begin.length)) === begin) return text.slice(begin.length).trim();
  }
  return undefined;
}

/** A value without the quotes in which it may stand (RFC 6265 section 4.1.1). */
export function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

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

/**
 * The value of the first cookie of a name in a `Cookie` header (RFC 6265 section 5.4), raw; `undefined`: there is no
 * such cookie.
 */
export function cookieValue(header: string | null, name: string): string | undefined {
  for (const pair of header?.split(";") ?? []) {
    const text = pair.trimStart();
    if (text.startsWith(`${name}=`)) return text.slice(name.length + 1).trim();
  }
  return undefined;
}

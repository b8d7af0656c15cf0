/** The name of the cookie that a `Set-Cookie` header sets. */
export function nameOfSetCookie(header: string): string {
  return header.slice(0, header.search(/[=;]|$/)).trim();
}

/** The value of that cookie, as it is sent. */
export function valueOfSetCookie(header: string): string {
  return /^[^=;]*=([^;]*)/.exec(header)?.[1]?.trim() ?? "";
}

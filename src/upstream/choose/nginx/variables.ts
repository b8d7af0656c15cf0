/**
 * `$cookie_NAME` (ngx_http_parse_multi_header_lines): the first cookie of that name in any case, up to the next
 * semicolon. Empty if there is no such cookie. A comma begins a new cookie, too.
 */
export function cookieValue(header: string, name: string): string {
  for (const pair of header.matchAll(/(?:^|[;,]) *([^;,]*)/g)) {
    const start = header.slice(pair.index + pair[0].length - (pair[1] as string).length);
    if (start.slice(0, name.length).toLowerCase() !== name) continue;
    const value = /^ *= *([^;]*)/.exec(start.slice(name.length));
    if (value) return value[1] as string;
  }
  return "";
}

/**
 * `$arg_NAME` (ngx_http_arg): the first parameter of that name in any case, as it was sent. Empty if there is no such
 * parameter.
 */
export function queryValue(query: string, name: string): string {
  const found = query.split("&").find((pair) => pair.slice(0, name.length + 1).toLowerCase() === `${name}=`);
  return found === undefined ? "" : found.slice(name.length + 1);
}

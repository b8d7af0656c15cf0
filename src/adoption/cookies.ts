/** A response that also sets these cookies, the `Set-Cookie` headers of which are given. No cache may keep it. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  if (cookies.length === 0) return response;
  const changed = new Response(response.body, response);
  for (const cookie of cookies) changed.headers.append("Set-Cookie", cookie);
  changed.headers.set("Cache-Control", "private, no-store");
  return changed;
}

import type { ResolvedAdoption } from "../config/adopt.ts";
import { cookieValue } from "../lib/cookie-value.ts";
import { cookiesOf, type SentCookie } from "../old-formats/cookie-texts.ts";

/** The cookies of an old application that a request brings. Of a session that Moor reads by itself, they may be chunks. */
export function sentCookies({ confirm, cookies }: ResolvedAdoption, header: string | null): SentCookie[] {
  return cookies.flatMap((name) => {
    if (!confirm) return cookiesOf(header, name);
    const value = cookieValue(header, name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** `Set-Cookie` headers that have a browser forget cookies. A cookie with a domain is another cookie than its namesake without a domain. */
export function forget(cookies: readonly SentCookie[], domain: string | undefined): string[] {
  return cookies.flatMap(({ name }) => {
    // Browsers refuse these names without Secure.
    const cleared = `${name}=; Path=/; Max-Age=0${/^__(?:Secure|Host)-/i.test(name) ? "; Secure" : ""}`;
    return domain === undefined ? [cleared] : [cleared, `${cleared}; Domain=${domain}`];
  });
}

/** A response that also sets these cookies, the `Set-Cookie` headers of which are given. No cache may keep it. */
export function withCookies(response: Response, cookies: readonly string[]): Response {
  if (cookies.length === 0) return response;
  const changed = new Response(response.body, response);
  for (const cookie of cookies) changed.headers.append("Set-Cookie", cookie);
  changed.headers.set("Cache-Control", "private, no-store");
  return changed;
}

import type { Connect } from "../connected.ts";
import type { Authority } from "../contracts.ts";
import { COOKIE_AUTHORITY, type CookieAuthorityParts, createCookieAuthority } from "./cookie-authority.ts";

/** Why nobody but a request of its browser reaches a session. */
export const IN_BROWSERS = "only a request of its browser carries the session";

/** The authority of everything that is no request of a browser. It takes no session for missing. */
export const WITHOUT_REQUEST: Authority = {
  name: COOKIE_AUTHORITY,
  read: unavailable,
  commit: unavailable,
  takeOver: unavailable,
};

/** Gives each request an authority that knows its cookies. */
export function connectCookies(parts: CookieAuthorityParts): Connect {
  return (carried) => {
    const none = { authority: WITHOUT_REQUEST, locks: undefined, principals: undefined, end: async () => {} };
    if (!carried) return none;
    const authority = createCookieAuthority(parts, carried);
    return { ...none, authority, cookies: authority.cookies };
  };
}

async function unavailable() {
  return { kind: "unavailable" as const, cause: new Error(IN_BROWSERS) };
}

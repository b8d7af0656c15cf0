import { stringifySetCookie } from "cookie";
import type { ResolvedCookieCarrier } from "../../config/resolved.ts";
import { MARK_TAG_LENGTH } from "../token/mark.ts";
import type { OwnCookies } from "./cookies.ts";
import type { Carrier } from "./credentials.ts";
import { joinHeld, SEPARATOR, splitHeld } from "./credentials.ts";

/** The longest life that browsers grant a cookie (RFC 6265bis section 5.5). */
const LONGEST_SECONDS = 400 * 24 * 60 * 60;

/** How cookies are written. */
export interface CookieCarrierOptions {
  readonly cookies: OwnCookies;
  readonly settings: ResolvedCookieCarrier;
  /** `true` for https: `Secure`, and names with a prefix; `false` for plain http on loopback hosts. */
  readonly secure: boolean;
  /** How long the journal may hold what it was given. */
  readonly markLifeSeconds: number;
  /** Milliseconds since 1970. Lives are sent as `Max-Age`: the client's clock may be wrong. */
  readonly now: () => number;
}

/** More marks than a browser has sessions that a late response may bring back. Marks beyond them are not read. */
const MOST_MARKS = 8;

/**
 * Token, proof and marks in a cookie each, out of reach of scripts (`HttpOnly`). The mark of each session has a name of
 * its own, so that a late response for an earlier session leaves the mark of a newer session as it is.
 */
export function createCookieCarrier({
  cookies,
  settings,
  secure,
  markLifeSeconds,
  now,
}: CookieCarrierOptions): Carrier {
  const names = cookies.names(secure);
  const attributes = {
    path: settings.path,
    ...(settings.domain === undefined ? {} : { domain: settings.domain }),
    httpOnly: true,
    secure,
    // Browsers refuse these two without `Secure`.
    sameSite: secure || settings.sameSite !== "none" ? settings.sameSite : "lax",
    partitioned: secure && settings.partitioned,
  } as const;
  const set = (headers: Headers, name: string, value: string, maxAge: number) =>
    headers.append("Set-Cookie", stringifySetCookie({ name, value, maxAge, ...attributes }));

  const marksIn = (own: ReadonlyMap<string, string>) => {
    const values = [...own].flatMap(([name, value]) => (name.startsWith(names.marks) && value !== "" ? [value] : []));
    return values.slice(0, MOST_MARKS);
  };

  return {
    apart: true,
    sameSite: attributes.sameSite,
    read(request) {
      const { own } = cookies.split(request.headers.get("Cookie"));
      const token = own.get(names.token);
      const proof = own.get(names.proof) ?? "";
      // Text after a separator would be taken for another part, which has a cookie of its own.
      if (token === undefined || token.includes(SEPARATOR)) return null;
      const marks = own.size > (own.has(names.proof) ? 2 : 1) ? marksIn(own) : [];
      return joinHeld({ token, proof: proof.includes(SEPARATOR) ? "" : proof, marks });
    },
    write(headers, text, expiresAt) {
      const { token, proof, marks } = splitHeld(text);
      if (token !== "") set(headers, names.token, token, Math.max(0, Math.ceil((expiresAt - now()) / 1000)));
      // Written once per rotation while touches prolong the token, so it must outlive every deadline of the session.
      if (proof !== "") set(headers, names.proof, proof, LONGEST_SECONDS);
      for (const mark of marks) set(headers, names.marks + mark.slice(0, MARK_TAG_LENGTH), mark, markLifeSeconds);
    },
    clear(headers) {
      set(headers, names.token, "", 0);
      set(headers, names.proof, "", 0);
    },
  };
}

import { stringifySetCookie } from "cookie";
import type { Carrier } from "./carrier.ts";
import { cookieNames, splitCookies } from "./cookies.ts";
import { PROOF_SEPARATOR } from "./tokens.ts";

/** The longest life that browsers grant a cookie (RFC 6265bis section 5.5). */
const LONGEST_SECONDS = 400 * 24 * 60 * 60;

/**
 * The token in a cookie, its proof in a second one: `HttpOnly`, `SameSite=Lax`, `Path=/`, no `Domain`.
 *
 * @param options.secure `true` for https: `Secure`, and names that begin with `__Host-` (RFC 6265bis section 4.1.3.2);
 * `false` for plain http on loopback hosts.
 * @param options.now milliseconds since 1970. Lives are sent as `Max-Age`: the client's clock may be wrong.
 */
export function createCookieCarrier(options: { secure: boolean; now: () => number }): Carrier {
  const names = cookieNames(options.secure);
  const set = (headers: Headers, name: string, value: string, maxAge: number) =>
    headers.append(
      "Set-Cookie",
      stringifySetCookie({ name, value, path: "/", maxAge, httpOnly: true, secure: options.secure, sameSite: "lax" }),
    );

  return {
    read(request) {
      const { own } = splitCookies(request.headers.get("Cookie"));
      const token = own.get(names.token);
      const proof = own.get(names.proof);
      // What follows a separator would be taken for the proof, which has a cookie of its own.
      if (token === undefined || token.includes(PROOF_SEPARATOR)) return null;
      return proof === undefined ? token : token + PROOF_SEPARATOR + proof;
    },
    write(headers, token, expiresAt) {
      const [text = "", proof] = token.split(PROOF_SEPARATOR, 2);
      set(headers, names.token, text, Math.max(0, Math.ceil((expiresAt - options.now()) / 1000)));
      // Written once per rotation while touches prolong the token, so it must outlive every deadline of the session.
      if (proof !== undefined) set(headers, names.proof, proof, LONGEST_SECONDS);
    },
    clear(headers) {
      set(headers, names.token, "", 0);
      set(headers, names.proof, "", 0);
    },
  };
}

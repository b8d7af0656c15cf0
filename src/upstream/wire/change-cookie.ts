import { CHANGE_COOKIE } from "../../carriers/carrier.ts";
import { decodeBase64url } from "../../lib/base64url.ts";
import { nameOfSetCookie, valueOfSetCookie } from "../../lib/set-cookie.ts";
import { isHeaderOfChange, type RefusedResponse } from "./origin-headers.ts";

/** All change cookies of a response together. A patch of the largest size fits, in base64. */
const MAX_CHARACTERS = 32 * 1024;

type Entry = readonly [name: string, value: string];

/**
 * A response whose change cookies are replaced by the headers that they carry. A framework that can set cookies, and no
 * headers, sends its changes like this. A response without such a cookie is passed on untouched.
 *
 * A cookie's value is base64url of `[[name, value], …]`, a dot, and base64url of its HMAC-SHA-256 with the handoff as the key. An
 * application may set cookies whose names or values come from its visitors. No visitor knows the handoff of their request, so such
 * a cookie is no change. A response that a cache has kept for other visitors is refused for the same reason.
 *
 * @param handoff the handoff that the request has carried to the origin.
 * @returns the response, or why it must be refused.
 */
export async function withCookieChanges(response: Response, handoff: string): Promise<Response | RefusedResponse> {
  const all = response.headers.getSetCookie();
  const values = all.filter(isChange).map(valueOfSetCookie);
  if (values.length === 0) return response;
  const refuse = (reason: string): RefusedResponse => ({ kind: "refused", header: CHANGE_COOKIE, reason });
  if (values.join("").length > MAX_CHARACTERS) return refuse(`more than ${MAX_CHARACTERS} characters`);

  const entries: Entry[] = [];
  for (const value of values) {
    const [payload = "", proof = "", ...rest] = value.split(".");
    if (rest.length > 0 || !(await isProven(payload, proof, handoff))) {
      return refuse("its proof does not fit the handoff of this request");
    }
    const read = readEntries(payload);
    if (!read) return refuse("not a list of headers that ask for changes");
    entries.push(...read);
  }
  const changed = new Response(response.body, response);
  changed.headers.delete("Set-Cookie");
  for (const cookie of all) if (!isChange(cookie)) changed.headers.append("Set-Cookie", cookie);
  for (const [name, value] of entries) changed.headers.append(name, value);
  return changed;
}

function isChange(setCookie: string): boolean {
  return nameOfSetCookie(setCookie) === CHANGE_COOKIE;
}

async function isProven(payload: string, proof: string, handoff: string): Promise<boolean> {
  const mac = decodeBase64url(proof) as Uint8Array<ArrayBuffer> | undefined;
  if (mac?.length !== 32 || handoff === "") return false;
  const utf8 = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8.encode(handoff), hmac, false, ["verify"]);
  return crypto.subtle.verify("HMAC", key, mac, utf8.encode(payload));
}

function readEntries(payload: string): readonly Entry[] | undefined {
  try {
    const entries: unknown = JSON.parse(new TextDecoder().decode(decodeBase64url(payload)));
    return Array.isArray(entries) && entries.every(isEntry) ? entries : undefined;
  } catch {
    return undefined;
  }
}

/** A value of visible ASCII and spaces fits into a header. */
function isEntry(entry: unknown): entry is Entry {
  if (!Array.isArray(entry) || entry.length !== 2) return false;
  const [name, value] = entry;
  const areTexts = typeof name === "string" && typeof value === "string";
  return areTexts && /^[ -~]*$/.test(value) && isHeaderOfChange(name.toLowerCase());
}

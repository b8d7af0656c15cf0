import type { ResolvedLearn, ResolvedPool } from "../../config/resolved.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { encodeBase64url } from "../../lib/base64url.ts";
import { cookieValue, unquoted } from "../../lib/cookie-value.ts";

/** What a request tells about the origin that keeps its visitor's session. */
export interface Learned {
  /** The value of the application's cookie; `undefined`: the visitor has no such cookie, and so no session there. */
  readonly value: string | undefined;
  /** The origin that keeps the session, by its index in the pool; `undefined`: the cookie does not tell. */
  readonly origin: number | undefined;
}

/** Follows the cookie in which an application keeps the id of its own session. */
export interface Learning {
  /** Learns from the client's `Cookie` header, or else from the address that the client asks for. */
  read(cookies: string | null, url: URL): Promise<Learned>;
  /**
   * The response of the origin at `index`. If the response sets the application's cookie, Moor adds a cookie that tells
   * where the session is.
   */
  teach(response: Response, index: number): Promise<Response>;
}

/** The cookie that Moor adds for `JSESSIONID` is `moor-at-JSESSIONID`. */
export const TAG_PREFIX = "moor-at-";
const TAG_PAIR = /(?:^|;)[ \t]*moor-at-[^;]*/g;

/**
 * Learns which origin holds a session that an application keeps to itself (docs/explanation/decisions/010).
 *
 * A cookie value names the origin itself if it is the origin's `route`, or if it ends in a dot and that route. For any
 * other value Moor sets a second cookie with the attributes of the application's cookie. So the second cookie is sent
 * to the same places and ends at the same time. It holds the origin's tag.
 */
export function createLearning({ id: pool, origins, learn }: ResolvedPool, tags: OriginTags): Learning | undefined {
  if (!learn) return undefined;
  const { cookie, ignoreCase } = learn;
  const valueIn = createAddressReader(learn);
  const isNamed = (setCookie: string) => {
    const begin = setCookie.slice(0, cookie.length + 1);
    return begin === `${cookie}=` || (ignoreCase && begin.toLowerCase() === `${cookie.toLowerCase()}=`);
  };
  // Only finished tags are kept: on Workers, a promise that one request made may never settle for another request.
  let known: { byIndex: string[]; indexOf: ReadonlyMap<string, number> } | undefined;

  async function allTags() {
    if (known) return known;
    const all = await Promise.all(origins.map((origin) => tags(pool, origin.id)));
    const byIndex = all.map(([own]) => own as string);
    known = { byIndex, indexOf: new Map(all.flatMap((each, index) => each.map((tag) => [tag, index] as const))) };
    return known;
  }

  function namedBy(value: string): number | undefined {
    const index = origins.findIndex(({ route }) => value === route || value.endsWith(`.${route}`));
    return index < 0 ? undefined : index;
  }

  return {
    async read(cookies, url) {
      const raw = cookieValue(cookies, cookie, ignoreCase) ?? valueIn(url);
      if (raw === undefined) return { value: undefined, origin: undefined };
      const value = unquoted(raw);
      const named = namedBy(value);
      if (named !== undefined) return { value, origin: named };
      const tag = cookieValue(cookies, TAG_PREFIX + cookie);
      return { value, origin: tag === undefined ? undefined : (await allTags()).indexOf.get(tag) };
    },

    async teach(response, index) {
      if (!response.headers.has("Set-Cookie")) return response;
      const set = response.headers.getSetCookie().filter(isNamed);
      const untold = set.filter((line) => namedBy(unquoted(/=([^;]*)/.exec(line)?.[1] ?? "")) === undefined);
      if (untold.length === 0) return response;
      const tag = (await allTags()).byIndex[index] as string;
      const taught = new Response(response.body, response);
      for (const line of untold) {
        const attributes = line.includes(";") ? line.slice(line.indexOf(";")) : "";
        taught.headers.append("Set-Cookie", `${TAG_PREFIX}${cookie}=${tag}${attributes}`);
      }
      return taught;
    },
  };
}

/** Reads the application's session id from an address: from the path, or else from the query. An empty value is no id. */
function createAddressReader({ pathParameter, queryParameter, ignoreCase }: ResolvedLearn) {
  const named = (before: string, name: string | undefined, value: string) =>
    name === undefined ? undefined : new RegExp(before + name.replace(/[.]/g, "\\$&") + value, ignoreCase ? "i" : "");
  const inPath = named(";", pathParameter, "=([^;/]+)");
  const inQuery = named("[?&]", queryParameter, "=([^&]+)");
  return ({ pathname, search }: URL) => (inPath?.exec(pathname) ?? inQuery?.exec(search))?.[1];
}

/** A `Cookie` header without the cookies that tell where a session is; `null` when no cookie is left. */
export function withoutTags(cookies: string): string | null {
  const rest = cookies.replace(TAG_PAIR, "").replace(/^;[ \t]*/, "");
  return rest === "" ? null : rest;
}

/**
 * The tags of an origin: one tag for each key of the ring, the signing key's first. A tag has 12 characters and names
 * the origin to Moor only. A client without the key cannot make up a tag, and cannot guess which origin a tag stands
 * for.
 */
export type OriginTags = (pool: string, origin: string) => Promise<string[]>;

const TAG_BYTES = 9;
const encoder = new TextEncoder();

/** Tags by HMAC-SHA256, cut to 72 bits, with the keys that sign tokens. */
export function createOriginTags(ring: KeyRing): OriginTags {
  return (pool, origin) => {
    // No token and no proof begins like this, so neither can be mistaken for a tag.
    const named = encoder.encode(`origin\0${pool}\0${origin}`);
    return Promise.all(
      ring.map(async ({ secret }) => {
        const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
        return encodeBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, named), 0, TAG_BYTES));
      }),
    );
  };
}

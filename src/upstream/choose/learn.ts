import type { ResolvedPool } from "../../config/resolved.ts";
import { cookieValue } from "../../inbound/carriers/cookies.ts";
import type { KeyRing } from "../../inbound/token/key-ring.ts";
import { encodeBase64url } from "../../lib/base64url.ts";

/** What a request tells of the origin that keeps its visitor's session. */
export interface Learned {
  /** The application's cookie; `undefined`: the visitor has none, and so no session there. */
  readonly value: string | undefined;
  /** The origin that keeps the session, by its index in the pool; `undefined`: the cookie does not tell. */
  readonly origin: number | undefined;
}

/** Follows the cookie in which an application keeps the id of its own session. */
export interface Learning {
  /** What is learned from the client's `Cookie` header. */
  read(cookies: string | null): Promise<Learned>;
  /** The response of the origin at `index`; if it sets the cookie, another beside it says where the session is. */
  teach(response: Response, index: number): Promise<Response>;
}

/** The cookie beside `JSESSIONID` is `moor-at-JSESSIONID`. */
const BESIDE = "moor-at-";
const BESIDE_PAIR = /(?:^|;)[ \t]*moor-at-[^;]*/g;

/**
 * Learns where sessions of applications are that keep them to themselves (docs/explanation/decisions/010).
 *
 * A value tells it by itself if it is an origin's `route`, or ends in a dot and that. For any other value Moor sets a cookie of its
 * own beside the application's, with the same attributes: it goes where that goes and ends when that ends. It
 * holds the origin's tag.
 */
export function createLearning({ id: pool, origins, learn }: ResolvedPool, tags: OriginTags): Learning | undefined {
  if (!learn) return undefined;
  const { cookie } = learn;
  // Only finished tags are kept: a promise made by one request may never settle for another on Workers.
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
    async read(cookies) {
      const raw = cookieValue(cookies, cookie);
      if (raw === undefined) return { value: undefined, origin: undefined };
      const value = unquoted(raw);
      const named = namedBy(value);
      if (named !== undefined) return { value, origin: named };
      const tag = cookieValue(cookies, BESIDE + cookie);
      return { value, origin: tag === undefined ? undefined : (await allTags()).indexOf.get(tag) };
    },

    async teach(response, index) {
      if (!response.headers.has("Set-Cookie")) return response;
      const set = response.headers.getSetCookie().filter((line) => line.startsWith(`${cookie}=`));
      const untold = set.filter((line) => namedBy(unquoted(/=([^;]*)/.exec(line)?.[1] ?? "")) === undefined);
      if (untold.length === 0) return response;
      const tag = (await allTags()).byIndex[index] as string;
      const taught = new Response(response.body, response);
      for (const line of untold) {
        const attributes = line.includes(";") ? line.slice(line.indexOf(";")) : "";
        taught.headers.append("Set-Cookie", `${BESIDE}${cookie}=${tag}${attributes}`);
      }
      return taught;
    },
  };
}

/** A `Cookie` header without the cookies that say where a session is; `null` when nothing is left. */
export function withoutTags(cookies: string): string | null {
  if (!cookies.includes(BESIDE)) return cookies;
  const rest = cookies.replace(BESIDE_PAIR, "").replace(/^;[ \t]*/, "");
  return rest === "" ? null : rest;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/**
 * The tags of an origin, one by each key of the ring, the signing key's first: 12 characters that name it to Moor and to nobody
 * else. Without the key none can be made up, and what they stand for cannot be guessed.
 */
export type OriginTags = (pool: string, origin: string) => Promise<string[]>;

const TAG_BYTES = 9;
const encoder = new TextEncoder();

/** Tags by HMAC-SHA256, cut to 72 bits, with the keys that sign tokens. */
export function createOriginTags(ring: KeyRing): OriginTags {
  return (pool, origin) => {
    // Neither a token nor a proof begins like this, so none of them can be taken for the other.
    const named = encoder.encode(`origin\0${pool}\0${origin}`);
    return Promise.all(
      ring.map(async ({ secret }) => {
        const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
        return encodeBase64url(new Uint8Array(await crypto.subtle.sign("HMAC", key, named), 0, TAG_BYTES));
      }),
    );
  };
}

import { cookieHeader } from "./cookie-jar.ts";
import { SITE } from "./subject.ts";

/** The texts that a client holds, by name: cookies, or a single text under {@link TEXT}. */
export type Kept = ReadonlyMap<string, string>;

/** How clients send the texts that they hold, and which texts a response makes them hold. */
export interface Carrier {
  /** A request of a client that holds `kept`. */
  request(init: { method: string; headers: Headers }, kept: Kept): Request;
  /** The texts that a response tells the client to keep, each as the value of a `Set-Cookie` header. */
  gives(response: Response): readonly string[];
  /**
   * Whether each page has texts of its own, and knows nothing of other pages. Default: a browser's pages share its
   * texts.
   */
  readonly perPage?: true;
  /**
   * Whether a client that holds `kept` by now takes the texts in the response to a request with `sent`. Default:
   * always.
   */
  takes?(sent: Kept, kept: Kept): boolean;
}

/** The name under which a client keeps its text, where the carrier has no cookies. */
export const TEXT = "text";

const keep = (text: string) => [text === "" ? `${TEXT}=; Max-Age=0` : `${TEXT}=${text}`];

/** Cookies, which a browser sends by itself. */
export const cookies: Carrier = {
  request({ method, headers }, kept) {
    const cookie = cookieHeader(kept);
    if (cookie !== null) headers.set("Cookie", cookie);
    return new Request(SITE, { method, headers });
  },
  gives: ({ headers }) => headers.getSetCookie(),
};

const proofOf = (kept: Kept) => kept.get(TEXT)?.split(".")[1] ?? "";

/**
 * A header, sent by a client that is not a browser and does not say where its requests come from. It takes a token as
 * docs/explanation/session.md says: only if its proof has not changed since the request was sent.
 */
export const header: Carrier = {
  request({ method, headers }, kept) {
    for (const name of ["Sec-Fetch-Site", "Sec-Fetch-Mode"]) headers.delete(name);
    headers.set("Authorization", `Bearer ${kept.get(TEXT) ?? "new"}`);
    return new Request(SITE, { method, headers });
  },
  gives({ headers }) {
    const text = headers.get("Moor-Token");
    return text === null ? [] : keep(text);
  },
  takes: (sent, kept) => proofOf(sent) === proofOf(kept),
};

/** Links: a client follows the redirect that answers each of its requests. Without a redirect it stays on its page. */
export const links: Carrier = {
  perPage: true,
  request: (init, kept) => new Request(kept.has(TEXT) ? `${SITE}?moor=${kept.get(TEXT)}` : SITE, init),
  gives({ headers }) {
    const location = headers.get("Location");
    return location === null ? [] : keep(new URL(location, SITE).searchParams.get("moor") ?? "");
  },
};

import type { Carrier } from "./credentials.ts";

/** A carrier whose token stands in the links of pages. */
export interface UrlCarrier extends Carrier {
  /** Cuts the token out of an address. Returns whether there was a token, whether or not it was read. */
  strip(url: URL): boolean;
  /** Cuts it out of the address of the page before. */
  cut(headers: Headers): void;
  /** An address of the same site with the token in it; `undefined` for any other. */
  link(href: string, page: URL, text: string): string | undefined;
  /** Of the query parameter. */
  readonly name: string;
}

/**
 * Token, proof and mark as a query parameter. Links, forms and redirects carry it on (`src/inbound/carriers/links.ts`).
 * The page holds the parameter rather than a header, so `write` and `clear` do nothing.
 *
 * Anybody can make a link. So a token is read only in two cases: if the site's own page has led to the address
 * (`Sec-Fetch-Site: same-origin`), or if the client does not say where it comes from.
 */
export function createUrlCarrier({ name }: { name: string }): UrlCarrier {
  const isOwn = (pair: string) => decoded(pair.split("=", 1)[0] ?? "") === name;
  const split = (search: string) => {
    const pairs = search.replace(/^\?/, "").split("&");
    return { own: pairs.filter(isOwn), others: pairs.filter((pair) => pair !== "" && !isOwn(pair)) };
  };
  const strip = (url: URL) => {
    // An assignment writes the query anew: an address without a token must stay byte for byte as it came.
    const { own, others } = split(url.search);
    if (own.length > 0) url.search = others.join("&");
    return own.length > 0;
  };

  return {
    apart: false,
    sameSite: "lax",
    name,
    strip,
    read({ url, headers }) {
      const site = headers.get("Sec-Fetch-Site");
      if (site !== null && site !== "same-origin") return null;
      const query = url.indexOf("?");
      if (query < 0) return null;
      const [first] = split(url.slice(query).split("#", 1)[0] ?? "").own;
      return first?.slice(first.indexOf("=") + 1) || null;
    },
    cut(headers) {
      const referer = headers.get("Referer");
      if (referer === null || !URL.canParse(referer)) return;
      const url = new URL(referer);
      if (strip(url)) headers.set("Referer", url.href);
    },
    link(href, page, text) {
      if (!URL.canParse(href, page.href)) return undefined;
      const url = new URL(href, page.href);
      if (url.origin !== page.origin) return undefined;
      const { others } = split(url.search);
      url.search = [...others, `${name}=${text}`].join("&");
      return url.href;
    },
    write: () => {},
    clear: () => {},
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

import { type InferOutput, literal, optional } from "valibot";
import { leftOut } from "../lib/build-flags.ts";
import { urlParameter } from "../settings/grammar.ts";
import { shape, value } from "../settings/shapes.ts";
import type { AddressCarrier, Carrier, CreatedCarrier } from "./carrier.ts";
import { CREDENTIALS_FORM, NO_CREDENTIALS, splitCredentials } from "./credentials.ts";
import { type CarrierForm, defineCarrier } from "./kind.ts";
import { withLinks } from "./links.ts";

/** The URL, for browsers without cookies: links, forms and redirects in pages carry the token. */
export interface UrlCarrierConfig {
  type: "url";
  /** Name of the query parameter. Default `"moor"`. */
  name?: string;
}

/** With every default filled in. */
export type ResolvedUrlCarrier = Readonly<Required<UrlCarrierConfig>>;

/** The form of its settings. */
export const urlForm = {
  schema: () => shape({ type: literal("url"), name: optional(value(urlParameter)) }),
  place: () => "url",
  another: "one carrier of its type",
  lastBecause: "anybody can make a link",
} satisfies CarrierForm;

/** The URL. */
export const url = defineCarrier<UrlCarrierConfig>()({
  resolve: ({ name = "moor" }: InferOutput<ReturnType<typeof urlForm.schema>>): ResolvedUrlCarrier => ({
    type: "url",
    name,
  }),
  create: (settings) =>
    typeof MOOR_LINKS === "undefined" || MOOR_LINKS
      ? createUrlCarrier(settings)
      : leftOut("MOOR_LINKS", 'a carrier of type "url" is configured'),
});

/**
 * Token, proof and mark as a query parameter. Links, forms and redirects carry it on (`src/carriers/links.ts`).
 * The page holds the parameter rather than a header, so `write` and `clear` do nothing.
 *
 * Anybody can make a link. So a token is read only in two cases: if the site's own page has led to the address
 * (`Sec-Fetch-Site: same-origin`), or if the client does not say where it comes from.
 */
function createUrlCarrier({ name }: ResolvedUrlCarrier): CreatedCarrier {
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

  const address: AddressCarrier = {
    name,
    strip,
    link(href, page, text) {
      if (!URL.canParse(href, page.href)) return undefined;
      const url = new URL(href, page.href);
      if (url.origin !== page.origin) return undefined;
      const { others } = split(url.search);
      url.search = [...others, `${name}=${text}`].join("&");
      return url.href;
    },
    withLinks: (response, page, text) => withLinks(response, { carrier: address, page, text }),
  };
  const carrier: Carrier = {
    apart: false,
    sameSite: "lax",
    read({ url, headers }) {
      const site = headers.get("Sec-Fetch-Site");
      if (site !== null && site !== "same-origin") return undefined;
      const query = url.indexOf("?");
      if (query < 0) return undefined;
      const [first = ""] = split(url.slice(query).split("#", 1)[0] ?? "").own;
      const text = first.slice(first.indexOf("=") + 1);
      if (text === "") return undefined;
      const credentials = splitCredentials(text);
      // Every link of the page carries the credentials on. So an overlong text would make pages many times as long.
      return CREDENTIALS_FORM.test(text) ? credentials : { ...NO_CREDENTIALS, token: credentials.token };
    },
    write: () => {},
    clear: () => {},
    /** A browser tells the address of the page before. */
    cut(headers) {
      const referer = headers.get("Referer");
      if (referer === null || !URL.canParse(referer)) return;
      const url = new URL(referer);
      if (strip(url)) headers.set("Referer", url.href);
    },
    owns: { isCookie: () => false, headers: [] },
    address,
  };
  return { https: carrier, http: carrier };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

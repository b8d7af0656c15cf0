import type { UrlCarrier } from "./inbound/url-carrier.ts";

/** What a page's links are given. */
export interface Links {
  readonly carrier: UrlCarrier;
  /** The page's own address, without a token. */
  readonly page: URL;
  /** Token, proof and mark. */
  readonly text: string;
}

const STRICT_REFERRERS = new Set(["no-referrer", "same-origin"]);

/**
 * A response whose redirect, links and forms carry the token on, to addresses of the same site alone. No cache may keep it, and
 * no other site is told its address.
 *
 * Links are made absolute, so that nothing later in the page can lead them elsewhere. A page with `<base>` is left alone from
 * there on.
 */
export function withLinks(response: Response, links: Links): Response {
  const { carrier, page, text } = links;
  const linked = new Response(response.body, response);
  const { headers } = linked;
  headers.set("Cache-Control", "private, no-store");
  if (!STRICT_REFERRERS.has(headers.get("Referrer-Policy") ?? "")) headers.set("Referrer-Policy", "same-origin");
  const location = headers.get("Location");
  const onward = location === null ? undefined : carrier.link(location, page, text);
  if (onward !== undefined) headers.set("Location", onward);
  const isPage = /^text\/html\b/i.test(headers.get("Content-Type") ?? "");
  return isPage && linked.body !== null && linked.status !== 206 ? rewriterOf(links).transform(linked) : linked;
}

function rewriterOf({ carrier, page, text }: Links): HTMLRewriter {
  let hasBase = false;
  /** Whether a button of the form that is open leads to another site. */
  let leaves = false;
  const relink = (attribute: string) => ({
    element(element: Element) {
      const href = element.getAttribute(attribute);
      const link = href === null || hasBase ? undefined : carrier.link(href, page, text);
      if (link !== undefined && !href?.startsWith("#")) element.setAttribute(attribute, link);
    },
  });

  return new HTMLRewriter()
    .on("base[href]", {
      element() {
        hasBase = true;
      },
    })
    .on("a[href], area[href]", relink("href"))
    .on("iframe[src], frame[src]", relink("src"))
    .on("[formaction]", {
      element(element) {
        const link = carrier.link(element.getAttribute("formaction") ?? "", page, text);
        if (link === undefined) leaves = true;
        else if (!hasBase) element.setAttribute("formaction", link);
      },
    })
    .on("form", {
      element(form) {
        leaves = false;
        const link = hasBase ? undefined : carrier.link(form.getAttribute("action") ?? page.href, page, text);
        const method = form.getAttribute("method")?.toLowerCase();
        if (link === undefined || method === "dialog") return;
        if (method === "post") form.setAttribute("action", link);
        else {
          // A form that is sent by GET replaces the query of its address by its fields.
          form.onEndTag((end) => {
            if (!leaves)
              end.before(`<input type="hidden" name="${escaped(carrier.name)}" value="${escaped(text)}">`, {
                html: true,
              });
          });
        }
      },
    });
}

/** For the value of an attribute in quotes. */
function escaped(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

import { escapeHtml } from "../lib/html.ts";
import type { AddressCarrier } from "./carrier.ts";

/** The values that a page's links are given. */
export interface Links {
  readonly carrier: AddressCarrier;
  /** The page's own address, without a token. */
  readonly page: URL;
  /** Token, proof and mark; "": links stay as they are. */
  readonly text: string;
}

const STRICT_REFERRERS = new Set(["no-referrer", "same-origin"]);
/** Have a browser report to others what it does on a page, with the page's address (Reporting API, Network Error Logging). */
const REPORTING = ["Report-To", "Reporting-Endpoints", "NEL"];
const CONTENT_POLICIES = ["Content-Security-Policy", "Content-Security-Policy-Report-Only"];

/**
 * A response whose redirects, links and forms carry the token on, but only to addresses of the same site. No cache may
 * keep the response. No other site learns its address by `Referer`, by pings or by reports.
 *
 * Links are made absolute, so that nothing later in the page can lead them elsewhere. From a `<base>` on, the page is
 * left alone. The work of scripts cannot be seen here.
 */
export function withLinks(response: Response, links: Links): Response {
  const linked = new Response(response.body, response);
  const { headers } = linked;
  headers.set("Cache-Control", "private, no-store");
  keepAddress(headers);
  const location = headers.get("Location");
  const onward = location === null ? undefined : linkTo(location, links);
  if (onward !== undefined) headers.set("Location", onward);
  const isPage = /^text\/html\b/i.test(headers.get("Content-Type") ?? "");
  return isPage && linked.body !== null && linked.status !== 206 ? rewriterOf(links).transform(linked) : linked;
}

function linkTo(href: string, { carrier, page, text }: Links): string | undefined {
  return text === "" ? undefined : carrier.link(href, page, text);
}

/** Changes headers so that no other site is told the address of the page. */
function keepAddress(headers: Headers): void {
  if (!STRICT_REFERRERS.has(headers.get("Referrer-Policy") ?? "")) headers.set("Referrer-Policy", "same-origin");
  for (const name of REPORTING) headers.delete(name);
  for (const name of CONTENT_POLICIES) cut(headers, name, /(?<=^|[;,])\s*report-(?:uri|to)\b[^;,]*/gi);
  // A resource that the page has loaded ahead may have a policy of its own.
  cut(headers, "Link", /;\s*referrerpolicy\s*=\s*(?:"[^"]*"|[^;,\s]*)/gi);
}

function cut(headers: Headers, name: string, pattern: RegExp): void {
  const value = headers.get(name);
  if (value !== null && value.search(pattern) >= 0) headers.set(name, value.replace(pattern, ""));
}

function rewriterOf(links: Links): HTMLRewriter {
  const { carrier, page, text } = links;
  let hasBase = false;
  /**
   * The form that is open, and whether it is sent with a token among its fields. Browsers ignore a form inside another
   * form, and give its fields to the outer form. A form without an end tag stays open for browsers.
   */
  let open: { readonly takesField: boolean } | undefined;
  /**
   * A button may lead any form to another site, wherever the button stands in the page. So a page has either forms with
   * the token in a field, or such buttons: whichever comes first decides.
   */
  let hasField = false;
  let hasExit = false;
  const relink = (attribute: string) => ({
    element(element: Element) {
      const href = element.getAttribute(attribute);
      const link = href === null || hasBase ? undefined : linkTo(href, links);
      if (link !== undefined && !href?.startsWith("#")) element.setAttribute(attribute, link);
    },
  });
  const remove = (attribute: string) => ({
    element(element: Element) {
      element.removeAttribute(attribute);
    },
  });

  return new HTMLRewriter()
    .on("base[href]", {
      element() {
        hasBase = true;
      },
    })
    .on("[referrerpolicy]", remove("referrerpolicy"))
    .on("[ping]", remove("ping"))
    .on("meta[name]", {
      element(meta) {
        // A name with an escape may be `referrer`, and no other name is written with an escape.
        if (/^referrer$|&/i.test(meta.getAttribute("name") ?? "")) meta.remove();
      },
    })
    .on("iframe[srcdoc]", {
      element(frame) {
        // A document in an attribute has the address of the page for its own.
        const html = frame.getAttribute("srcdoc") ?? "";
        if (/referrer/i.test(html)) frame.setAttribute("srcdoc", html.replace(/referrer/gi, "x-$&"));
      },
    })
    .on("a[href], area[href]", relink("href"))
    .on("iframe[src], frame[src]", relink("src"))
    .on("[formaction]", {
      element(button) {
        const link = linkTo(button.getAttribute("formaction") ?? "", links);
        const isOfPlainForm = open?.takesField === false && !button.hasAttribute("form");
        if (link !== undefined && !hasBase) button.setAttribute("formaction", link);
        else if (hasField && !isOfPlainForm) button.removeAttribute("formaction");
        else if (!isOfPlainForm) hasExit = true;
      },
    })
    .on("form", {
      element(form) {
        const method = form.getAttribute("method")?.toLowerCase();
        const link = hasBase ? undefined : linkTo(form.getAttribute("action") ?? page.href, links);
        const isLinked = link !== undefined && method !== "dialog";
        if (isLinked) form.setAttribute("action", link);
        if (open) return;
        // A form that is sent by GET replaces the query of its address by its fields.
        const takesField = isLinked && method !== "post";
        open = { takesField };
        form.onEndTag((end) => {
          if (end.name === "form") open = undefined;
          if (!takesField || hasExit) return;
          hasField = true;
          end.before(`<input type="hidden" name="${escapeHtml(carrier.name)}" value="${escapeHtml(text)}">`, {
            html: true,
          });
        });
      },
    });
}

import type { FailureCode } from "../errors.ts";
import type { Client } from "../inbound/carriers.ts";
import { isTokenKeptBack } from "../inbound/cross-site.ts";
import type { AskedParts } from "../lib/asked.ts";
import { randomId } from "../lib/base64url.ts";
import { readBounded } from "../lib/bounded-body.ts";
import { escapeHtml } from "../lib/html.ts";

/** What a form of another site is answered with, or why it is refused. */
export type Repost =
  | { readonly kind: "page"; readonly page: Response }
  | { readonly kind: "refused"; readonly code: FailureCode; readonly reason: string };

/** A signed SAML response with many attributes has some 100 KiB. */
const MAX_FORM_BYTES = 512 * 1024;
/** A field of two bytes has forty in the page. PHP and Express take as many by default. */
const MAX_FIELDS = 1_000;

/**
 * Whether a request is a form that another site's page has a browser post, from which the browser may have kept the token back. Only
 * browsers that send fetch metadata count: they call what the page of {@link repost} sends `same-origin`, so that a form is posted
 * again once.
 */
export function isFormOfOtherSite(request: AskedParts, url: URL, client: Client): boolean {
  const { method, headers } = request;
  const isNavigation = headers.get("Sec-Fetch-Mode") === "navigate" && headers.has("Sec-Fetch-Site");
  return method === "POST" && isNavigation && isTokenKeptBack(request, url, client);
}

/**
 * Answers a form by a page of this site that posts the same fields to the same address again: then the browser sends its cookie with
 * them. The page posts by itself; without scripts it is one button.
 *
 * @param url the request's address, without a token.
 * @returns `refused` for a form that is not `application/x-www-form-urlencoded` in UTF-8, or has more than 512 KiB or 1,000 fields.
 */
export async function repost(request: Request, url: URL): Promise<Repost> {
  const type = request.headers.get("Content-Type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return refused("form_not_supported", "not urlencoded");
  const body = await readBounded(request.body, MAX_FORM_BYTES);
  if (body === "too-large") return refused("form_too_large", `more than ${MAX_FORM_BYTES} bytes`);
  if (body === "incomplete") return refused("bad_request", "incomplete body");
  const fields = fieldsOf(body);
  if (fields === "too-many") return refused("form_too_large", `more than ${MAX_FIELDS} fields`);
  return fields ? { kind: "page", page: pageOf(url, fields) } : refused("bad_request", "malformed form");
}

function refused(code: FailureCode, reason: string): Repost {
  return { kind: "refused", code, reason: `form of another site: ${reason}` };
}

/** Names and values; `undefined` if a page could not send them again as they came. */
function fieldsOf(body: Uint8Array): [name: string, value: string][] | "too-many" | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    const pairs = text.split("&", MAX_FIELDS + 1);
    if (pairs.length > MAX_FIELDS) return "too-many";
    const fields = pairs.flatMap((pair): [string, string][] => (pair === "" ? [] : [fieldOf(pair)]));
    return fields.some(([name, value]) => name === "" || `${name}${value}`.includes("\0")) ? undefined : fields;
  } catch {
    return undefined;
  }
}

/** @throws what is no escape, or not UTF-8. */
function fieldOf(pair: string): [string, string] {
  const [name = "", ...value] = pair.split("=");
  return [decoded(name), decoded(value.join("="))];
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function pageOf(url: URL, fields: readonly [string, string][]): Response {
  const nonce = randomId();
  const inputs = fields.map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const headers = {
    "Cache-Control": "no-store",
    // Without `form-action`: browsers apply it to where the answer to the form redirects, too.
    "Content-Security-Policy": `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'self'`,
    "Content-Type": "text/html; charset=utf-8",
    // `no-referrer` would make the `Origin` of the form `null`, which applications refuse.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  };
  return new Response(markup(url, inputs, nonce), { headers });
}

/**
 * In a sandboxed frame the page has no origin of its own, and what it sends comes from another site again: there it waits for its
 * button. A field of the name `submit` hides the form's method.
 */
function markup({ href }: URL, inputs: readonly string[], nonce: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Continue</title>
<style nonce="${nonce}">
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
  body { margin: 20vh auto; max-width: 32rem; padding: 0 1rem }
  button { font: inherit; padding: 0.3em 1em }
</style>
<form method="post" action="${escapeHtml(href)}" accept-charset="utf-8">
${inputs.join("\n")}
<button>Continue</button>
</form>
<script nonce="${nonce}">
  if (self.origin !== "null") HTMLFormElement.prototype.submit.call(document.forms[0]);
</script>
</html>
`;
}

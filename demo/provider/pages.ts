import { createHash } from "node:crypto";
import { Html, html } from "../html.ts";
import { accounts } from "./accounts.ts";

const style = `
:root { color-scheme: light dark; --ground: #e9edf3; --card: #fff; --ink: #1b2430; --muted: #566172; --line: #c9d1dc; --act: #23467f; --on-act: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #11151b; --card: #1c232d; --ink: #e9edf3; --muted: #a4b0c0; --line: #3a4656; --act: #9dbcf5; --on-act: #0b1730; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(100% - 2rem, 30rem); margin: clamp(1rem, 8vh, 5rem) auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; padding: clamp(1.25rem, 4vw, 2rem); display: grid; gap: 1rem; }
h1, p, form { margin: 0; }
h1 { font-size: 1.4rem; line-height: 1.25; }
.mark { font-size: 0.85rem; font-weight: 700; color: var(--muted); }
.muted { color: var(--muted); font-size: 0.9rem; }
.choices { display: grid; gap: 0.6rem; }
button { font: inherit; font-weight: 700; min-height: 2.75rem; width: 100%; border-radius: 0.6rem; padding: 0.4rem 1rem;
  border: 2px solid var(--act); background: var(--act); color: var(--on-act); cursor: pointer; }
button small { display: block; font-weight: 400; }
button.quiet { background: none; color: inherit; border-color: var(--muted); }
button:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
`;

/** Only the pages' own style. Without `form-action`: browsers apply it to where the answer to a form redirects, too. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The form by which a visitor logs in. It posts `account`, or `cancel`. */
export function loginPage(shopUrl: string): string {
  return page(
    "Who are you?",
    html`<p>The shop at ${shopUrl} wants to know who you are. This page is not the shop: it is the demonstration’s provider, with an
address of its own. It asks for no password.</p>
<form class="choices" method="post">${[...accounts].map(
      ([id, { name, groups }]) => html`<button name="account" value="${id}" aria-label="Log in as ${name}">${name}
<small>${id}, groups: ${groups.join(", ")}</small></button>`,
    )}<button class="quiet" name="cancel" value="yes">Cancel</button></form>
<p class="muted">The provider remembers your choice in a cookie of its own. Next time it does not ask.</p>`,
  );
}

/** The page on which a visitor confirms that the provider, too, logs them out. */
export function logoutPage(form: string): string {
  return page(
    "Log out here, too?",
    html`<p>The shop has already ended your session. The provider still knows you, so the shop could log you in again without a question.</p>
${new Html(form)}
<div class="choices"><button form="op.logoutForm" name="logout" value="yes">Yes, log me out here</button>
<button class="quiet" form="op.logoutForm">No, remember me here</button></div>`,
  );
}

/** A page with a single message. */
export function messagePage(title: string, text: string, shopUrl: string): string {
  return page(title, html`<p>${text}</p><p><a href="${shopUrl}">To the shop</a></p>`);
}

function page(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body><main><p class="mark">The demonstration’s provider (oidc-provider)</p>
<h1>${title}</h1>
${body}
</main></body>
</html>
`.text;
}

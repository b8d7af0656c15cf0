import { createHash } from "node:crypto";
import { Html, html } from "./html.ts";
import { style } from "./style.ts";

/** Only the page's own style, and forms to the shop itself, are allowed. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "img-src data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The page that a server shows to a visitor who opens it directly, without Moor. */
export function directPage(server: string, moorUrl: string): string {
  return page(
    `Server ${letter(server)}`,
    server,
    html`<header class="hero"><div class="wide"><p class="mark" aria-hidden="true">${server}</p>
<h1>This is server ${letter(server)}, without Moor</h1>
<p>It keeps no sessions: Moor hands them over. The shop is at <a href="${moorUrl}">${moorUrl}</a>.</p></div></header>`,
  );
}

/** A page with a single message. */
export function messagePage(title: string, text: string): string {
  return page(
    title,
    "a",
    html`<header class="hero"><div class="wide">
<h1>${title}</h1><p>${text} <a href="/">To the shop</a></p></div></header>`,
  );
}

/** The frame of every page. */
export function page(title: string, server: string, body: Html): string {
  const icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='6' fill='none' stroke='%230f6f68' stroke-width='3'/%3E%3C/svg%3E";
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${new Html(style)}</style>
</head>
<body class="${server}">
${body}
</body>
</html>
`.text;
}

/** The name of a server, as pages show it. */
export function letter(server: string): string {
  return server.toUpperCase();
}

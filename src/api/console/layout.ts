import { html, raw } from "hono/html";
import { LOGIN_PATH } from "../../login/answers.ts";
import { CONSOLE } from "./guard.ts";
import type { Operator } from "./operator.ts";

/** A piece of HTML. Texts in it are escaped. */
export type Html = ReturnType<typeof html>;

/** The pages of the console, as its navigation shows them. */
export const PAGES = [
  ["", "Now"],
  ["/pools", "Pools"],
  ["/sessions", "Sessions"],
  ["/stores", "Stores"],
  ["/audit", "Audit"],
  ["/configuration", "Configuration"],
] as const;

/** A page of the console. */
export interface Page {
  readonly title: string;
  /** The page of the navigation that it belongs to. */
  readonly at: (typeof PAGES)[number][0];
  readonly main: Html | readonly Html[];
  /** Whether the page is renewed by itself. Default `false`. */
  readonly renews?: boolean;
}

const STATIC = `${CONSOLE}/static`;

/** A whole page for an operator. */
export function layout(
  { title, at, main, renews = false }: Page,
  { who, may, formToken, logout = `${CONSOLE}/logout` }: Operator,
): Html {
  return shell(
    title,
    html`<header>
      <b>Moor</b>
      <nav aria-label="Console">${PAGES.map(
        ([path, name]) =>
          html`<a href="${CONSOLE}${path}"${path === at ? raw(' aria-current="page"') : ""}>${name}</a>`,
      )}</nav>
      <form role="search" action="${CONSOLE}/sessions"><input type="search" name="of" aria-label="A user, or the id of a session" placeholder="user or session id ( / )"><button>Find</button></form>
      <span class="muted">${who}, ${may === "act" ? "may act" : "may only look"}</span>
      <form method="post" action="${logout}"><input type="hidden" name="form" value="${formToken}"><button>Log out</button></form>
    </header>
    <p id="late" class="muted" role="status" hidden>This page is not renewed: Moor did not answer.</p>
    <main id="main"${renews ? raw(" data-renew") : ""}><h1>${title}</h1>${main}</main>`,
  );
}

/** The ways in which operators log in. */
export interface LoginWays {
  /** Whether there is a token. */
  readonly byToken: boolean;
  /** The host of the provider whose roles count; `undefined`: no role counts. */
  readonly provider: string | undefined;
  /** Whether the provider is asked for another account. Default `false`. */
  readonly other?: boolean;
}

/** The page on which an operator logs in. @param message why they are not logged in. */
export function loginPage({ byToken, provider, other = false }: LoginWays, message: string | undefined): Html {
  const atProvider = `${LOGIN_PATH}?${other ? "as=other&" : ""}to=${CONSOLE}`;
  return shell(
    "Log in",
    html`<main id="main"><section>
      <h1>Operators of this site</h1>
      ${message === undefined ? "" : html`<p class="bad" role="alert">${message}</p>`}
      ${provider === undefined ? "" : html`<p class="acts"><a href="${atProvider}">Log in at ${provider}${other ? " with another account" : ""}</a></p>`}
      ${
        byToken
          ? html`<form method="post" action="${CONSOLE}/login">
        <label>Token<input type="password" name="token" autocomplete="current-password" required></label>
        <p><button>Log in</button></p>
      </form>`
          : ""
      }
    </section></main>`,
  );
}

/** A part of a page. `note` says who says so, and how old it is. */
export function section(title: string, content: Html | readonly Html[], note: Html | string = ""): Html {
  return html`<section><h2>${title} <small>${note}</small></h2>${content}</section>`;
}

/** A table whose rows become cards on a phone. Cells are named by the heads of their columns. */
export function table(heads: readonly string[], rows: readonly (readonly (Html | string)[])[]): Html {
  return html`<table class="cards"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${rows.map(
      (cells) =>
        html`<tr>${cells.map((cell, nth) => html`<td data-h="${heads[nth] ?? ""}"><span>${cell}</span></td>`)}</tr>`,
    )}</tbody></table>`;
}

function shell(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Moor</title>
<link rel="stylesheet" href="${STATIC}/style.css">
<script src="${STATIC}/script.js" defer></script>
<a class="skip" href="#main">To the content</a>
${body}
</html>`;
}

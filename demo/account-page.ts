import type { LoginView } from "../src/sdk/origin/index.ts";
import type { Line } from "./goods.ts";
import { type Html, html } from "./html.ts";
import { letter, page } from "./page.ts";

/** The contents of the page of a visitor's account, which nobody sees without a login at the provider. */
export interface AccountView {
  /** Id of the server that answers. */
  readonly server: string;
  readonly user: string;
  readonly login: LoginView;
  readonly sessionId: string | undefined;
  readonly version: number;
  readonly lines: readonly Line[];
  /** The newest first, each in words. */
  readonly orders: readonly string[];
}

/** The account: the orders, and everything that the server knows of the login. */
export function accountPage(view: AccountView): string {
  const { server, user, login, sessionId, version } = view;
  const { name } = login.claims;
  return page(
    "Your orders",
    server,
    html`<header class="hero"><div class="wide">
<p class="mark" aria-hidden="true">${server}</p>
<h1>Your orders, ${typeof name === "string" ? name : user}</h1>
<p>Server ${letter(server)} answered. It has no login page and has checked no password: Moor let this request through, because the
provider has said who you are. <a href="#provider">How you came
here, step by step</a>. <a href="/">Back to the shop</a></p>
<dl class="facts">
<div><dt>Logged in as</dt><dd id="user">${user}</dd></div>
<div><dt>Session</dt><dd id="session">${sessionId?.slice(0, 8)}</dd></div>
<div><dt>Version</dt><dd id="version">${version}</dd></div>
<div><dt>Roles</dt><dd id="roles">${login.roles.join(", ") || "none"}</dd></div>
</dl></div></header>
<main class="wide">
${ordersSection(view)}
${handoffSection(view)}
</main>`,
  );
}

function ordersSection({ lines, orders }: AccountView): Html {
  const pieces = lines.reduce((sum, { count }) => sum + count, 0);
  const basket =
    pieces > 0
      ? html`<form method="post" action="/account/orders"><button>Order your basket: ${pieces} ${pieces === 1 ? "piece" : "pieces"}</button></form>`
      : html`<p class="muted">Your basket is empty. Fill it <a href="/">in the shop</a>, then order here.</p>`;
  const list = html`<ul>${orders.map((order) => html`<li class="row">${order}</li>`)}</ul>`;
  return html`<section id="orders" aria-labelledby="orders-title"><h2 id="orders-title">Your orders</h2>
${orders.length > 0 ? list : html`<p>You have ordered nothing yet.</p>`}
${basket}</section>`;
}

function handoffSection({ user, login }: AccountView): Html {
  return html`<section id="handoff" aria-labelledby="handoff-title"><h2 id="handoff-title">What this server knows of your login</h2>
<p class="muted">Moor’s handoff names you, and has this claim, <code>login</code>. The server reads it as
<code>session.providerLogin</code>. No token of the provider is in it.</p>
<dl class="claims">${claimsOf(user, login).map(
    ([name, meaning, value]) =>
      html`<div><dt>${name} <span>${meaning}</span></dt><dd data-claim="${name}">${value}</dd></div>`,
  )}</dl></section>`;
}

/** Name, meaning and value of everything that the handoff tells of the login. */
function claimsOf(
  user: string,
  { issuer, at, authAt, acr, amr, roles, claims }: LoginView,
): [string, string, string][] {
  return [
    ["principal", "the sub of the provider", user],
    ["issuer", "the provider", issuer],
    ["at", "when Moor saw the login", timeOf(at)],
    ["authAt", "when the provider saw it", authAt === undefined ? "not told" : timeOf(authAt)],
    ["acr, amr", "how you proved who you are", [acr, ...amr].filter(Boolean).join(", ") || "not told"],
    ["roles", "by Moor’s configuration", roles.join(", ") || "none"],
    ...Object.entries(claims).map(([name, value]): [string, string, string] => [
      `claims.${name}`,
      "by the provider",
      Array.isArray(value) ? value.join(", ") : String(value),
    ]),
  ];
}

function timeOf(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(11, 19)} UTC`;
}

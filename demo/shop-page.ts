import { type Explain, sourceName } from "./explain.ts";
import { goods, type Line } from "./goods.ts";
import { type Html, html } from "./html.ts";
import { letter, page } from "./page.ts";
import { RESTART_SECONDS, type ServerStatus } from "./protocol.ts";

/** The contents of the shop's page. */
export interface ShopView {
  /** Id of the server that answers. */
  readonly server: string;
  readonly servers: readonly ServerStatus[];
  /** `undefined` as long as the session is not stored. */
  readonly sessionId: string | undefined;
  readonly version: number;
  /** The user who is logged in. */
  readonly user: string | undefined;
  /** Whether the provider has said so. Otherwise the user has typed a name. */
  readonly isOfProvider: boolean;
  readonly lines: readonly Line[];
  readonly explain: Explain;
  /** Id of the server that the visitor has just stopped. */
  readonly stopped: string | undefined;
  readonly loginProblem: string | undefined;
}

/** The shop: the server that answered, the goods, the basket, the login, the servers. */
export function shopPage(view: ShopView): string {
  return page(
    `Server ${letter(view.server)} answered`,
    view.server,
    html`${hero(view)}
<main class="wide">
${notice(view)}
${goodsSection()}
${basketSection(view)}
${loginSection(view)}
${serversSection(view)}
</main>
<footer class="wide muted"><p>No JavaScript on this page, and no session in any server: stop them in any order.</p>
<p>For operators: <a href="/.moor/console/login">the console</a>. Its token is in the terminal of <code>npm start</code>.</p></footer>`,
  );
}

function hero({ server, sessionId, version, user, explain }: ShopView): Html {
  const age = explain.ageSeconds ? html`, ${explain.ageSeconds} s old` : undefined;
  return html`<header class="hero"><div class="wide">
<p class="mark" aria-hidden="true">${server}</p>
<h1>Server ${letter(server)} answered</h1>
<p>Three servers share this shop, and none of them remembers you. Moor does: it keeps you on one server, and when that server
stops, the next one gets your session. Stop a server, take the stores away, travel: your basket stays.</p>
<dl class="facts">
<div><dt>Logged in as</dt><dd id="user">${user ?? "nobody"}</dd></div>
<div><dt>Session</dt><dd id="session">${sessionId?.slice(0, 8) ?? "not stored yet"}</dd></div>
<div><dt>Version</dt><dd id="version">${version}</dd></div>
<div><dt>Read from</dt><dd id="source">${sourceName(explain)}${age}</dd></div>
</dl></div></header>`;
}

function notice({ server, servers, stopped, sessionId, user }: ShopView): Html | undefined {
  const isGone = servers.some(({ id, state }) => id === stopped && state === "stopped");
  if (!isGone || stopped === server) return undefined;
  const kept = user === undefined ? "Same session, same basket." : "Same session, same basket, same login.";
  return html`<p class="notice" role="status"><strong>Server ${letter(stopped ?? "")} is gone, server ${letter(server)} took over.</strong>
${sessionId === undefined ? "There was no session to keep yet." : kept}</p>`;
}

function goodsSection(): Html {
  return html`<section id="goods" aria-labelledby="goods-title"><h2 id="goods-title"><span>1</span> Fill your basket</h2><ul class="goods">${goods.map(
    ({ sku, name, price, icon }) => html`<li>${icon}<div><strong>${name}</strong> ${price} €</div>
<form method="post" action="/basket/add"><button name="good" value="${sku}" aria-label="Add ${name}">Add</button></form></li>`,
  )}</ul></section>`;
}

function basketSection({ lines }: ShopView): Html {
  const total = lines.reduce((sum, { good, count }) => sum + good.price * count, 0);
  const filled = html`<ul>${lines.map(
    ({ good: { sku, name, price, icon }, count }) => html`<li class="row" data-good="${sku}">${icon}
<div class="grow"><strong>${name}</strong> <span class="count">${count} × ${price} €</span></div>
<form method="post" action="/basket/remove"><button class="quiet" name="good" value="${sku}" aria-label="Remove ${name}">Remove</button></form></li>`,
  )}</ul><p class="total"><span>Total</span> <span>${total} €</span></p>`;
  const empty = html`<p class="muted">Nothing in it yet.</p>`;
  return html`<section id="basket" aria-labelledby="basket-title"><h2 id="basket-title">Your basket</h2>${
    lines.length > 0 ? filled : empty
  }</section>`;
}

function loginSection({ user, isOfProvider, loginProblem }: ShopView): Html {
  const knownBy = isOfProvider
    ? html`The provider has said so. <a href="/account">Your orders</a> are for visitors of the provider alone.`
    : html`You have said so, and the shop believes you. <a href="/account">Your orders</a> need more: see step 6.`;
  const inside = html`<p>You are logged in as <strong>${user}</strong>. ${knownBy}</p>
<form method="post" action="/logout"><button class="quiet">Log out</button></form>
<p class="muted">Logging out ends the session, and the basket with it.</p>`;
  const problem = loginProblem === undefined ? undefined : html`<p class="problem" role="alert">${loginProblem}</p>`;
  const outside = html`${problem}<form class="login" method="post" action="/login"><div><label for="name">Your name</label>
<input id="name" name="name" maxlength="20" autocomplete="nickname" required></div><button>Log in</button></form>
<p class="muted">Any name will do; there is no password. Step 6 asks a real provider instead.</p>`;
  return html`<section id="login" aria-labelledby="login-title"><h2 id="login-title"><span>2</span> Log in</h2>${
    user === undefined ? outside : inside
  }</section>`;
}

function serversSection({ server, servers }: ShopView): Html {
  const isLast = servers.every(({ id, state }) => id === server || state === "stopped");
  const warning = html`<p class="muted">This is the last one. If you stop it, nobody answers; it starts again by itself after
${RESTART_SECONDS} seconds.</p>`;
  return html`<section id="servers" aria-labelledby="servers-title">
<h2 id="servers-title"><span>3</span> Stop the server</h2>
<p class="muted">Its process is killed on the spot. Then look who answers, and what is in your basket.</p>
<ul class="servers">${servers.map((status) => serverRow(status, status.id === server))}</ul>${isLast ? warning : undefined}</section>`;
}

function serverRow({ id, state }: ServerStatus, isServing: boolean): Html {
  const stop = html`<form method="post" action="/servers/stop"><button class="danger" name="server" value="${id}">Stop this server</button></form>`;
  const start = html`<form method="post" action="/servers/start"><button class="quiet" name="server" value="${id}"
 aria-label="Start server ${letter(id)}">Start</button></form>`;
  return html`<li class="row ${id}" data-server="${id}"><span class="mark ${state}" aria-hidden="true">${id}</span>
<div class="grow"><strong>Server ${letter(id)}</strong> <span class="state">${isServing ? "serving you" : state}</span></div>
${isServing ? stop : state === "stopped" ? start : undefined}</li>`;
}

import type { Store } from "../explain.ts";
import { type Html, html } from "../html.ts";
import { type Location, locations, travelMs } from "./locations.ts";
import { loginSection } from "./login/panel.ts";
import type { PanelView } from "./view.ts";
import { expectation, factsOf, outcome, STORE_NAMES, said } from "./wording.ts";

/** The panel that stands below every page, and a line of it that is always in sight. */
export function panel(view: PanelView): Html {
  return html`<section id="stores" class="lab" aria-labelledby="stores-title">
${isRefused(view) ? html`<p class="return"><a href="/">Back to the shop</a></p>` : undefined}
<h2 id="stores-title"><span>4</span> Take the stores away</h2>
<p>Moor looks for your session in these places, in this order, until one may answer. For this page it went like this:</p>
<ol class="stores">${[
    storeCard(view, "memory", html`what Moor in ${view.here.name} remembers for 5 seconds`),
    storeCard(view, "kv", html`a copy for ${view.here.name}, made when you travel`),
    ...authorityCards(view),
  ]}</ol>
<p class="outcome">${outcome(view)}</p>
<p class="expect"><strong>What to expect now.</strong> ${expectation(view)}</p>
${facts(view)}
${storeChoice(view)}
</section>
${travelSection(view)}
${loginSection(view.login)}
${bar(view)}`;
}

/** Whether Moor or a server answered with a failure that leads nowhere. The shop's own pages of the class 400 have links. */
function isRefused({ status, explain: { origin } }: PanelView): boolean {
  return status >= 500 || (status >= 400 && origin === undefined);
}

/** The store that keeps the session, and the fallback of Durable Objects. */
function authorityCards(view: PanelView): Html[] {
  if (view.store !== "object") {
    return [
      storeCard(view, view.store, html`keeps your session as a row: each change is compared and written in one step`),
    ];
  }
  const place = view.home ? `in ${view.home.name}: ` : "";
  return [
    storeCard(view, "object", html`${place}puts your changes in order, and keeps them`),
    storeCard(view, "redis", html`the fallback: a backup, and a journal of changes`),
  ];
}

/** The stores among which the visitor may choose. */
function storeChoice({ store, stores }: PanelView): Html {
  const choices = [{ type: "object" as const, reason: undefined }, ...stores];
  return html`<h3>Keep sessions in another store</h3>
<form class="locations" method="post" action="/.demo/store">${choices.map(({ type, reason }) => {
    const text = type === store ? "keeps your session now" : (reason ?? "has another basket of yours");
    return html`<button name="store" value="${type}" class="${reason === undefined ? "" : "none"}"${
      type === store || reason !== undefined ? html` disabled` : undefined
    }>${STORE_NAMES[type]}<small>${text}</small></button>`;
  })}</form>`;
}

function storeCard(view: PanelView, store: Store, what: Html): Html {
  const { state, text } = said(view, store);
  return html`<li class="store ${state}" data-store="${store}"><h3>${STORE_NAMES[store]}</h3><p>${what}</p>
<p class="said">${text}</p>${storeSwitch(view, store)}</li>`;
}

function storeSwitch({ objects, redis }: PanelView, store: Store): Html | undefined {
  if (store === "object") {
    const [next, text] = objects === "away" ? ["here", "Bring back"] : ["away", "Take away"];
    return html`<form method="post" action="/.demo/objects"><button class="${next}" name="state" value="${next}"
 aria-label="${text} the Durable Objects">${text}</button></form>`;
  }
  if (store !== "redis" || redis === "none") return undefined;
  const [next, text] = redis === "away" ? ["here", "Start redis-server"] : ["away", "Kill redis-server"];
  return html`<form method="post" action="/.demo/redis"><button class="${next}" name="state" value="${next}">${text}</button></form>`;
}

function facts(view: PanelView): Html {
  return html`<dl class="lab-facts">${factsOf(view).map(
    ({ id, name, meaning, value }) =>
      html`<div><dt>${name} <span>${meaning}</span></dt><dd data-fact="${id}">${value}</dd></div>`,
  )}</dl>`;
}

function travelSection({ here, home }: PanelView): Html {
  return html`<section id="travel" class="lab" aria-labelledby="travel-title">
<h2 id="travel-title"><span>5</span> Travel</h2>
<p>You are in <strong>${here.name}</strong>. Three Moors answer, far apart, as they would be on Cloudflare’s network; the way to your
session’s Durable Object is as long as it would be.</p>
<form class="locations" method="post" action="/.demo/location">${locations.map(
    (location) =>
      html`<button name="location" value="${location.id}"${location === here ? html` disabled` : undefined}>${
        location.name
      }<small>${location === here ? "you are here" : distanceOf(location, home)}</small></button>`,
  )}</form>
<p class="hint">Away from home your session gets a replica in KV. It answers when it is surely newer than what you have seen: change
nothing for a minute or two, and reload now and then.</p>
</section>`;
}

function distanceOf(location: Location, home: Location | undefined): string | undefined {
  if (location === home) return "your session lives here";
  return home && `${travelMs(location.id, home.id)} ms from your session`;
}

function bar({ here, objects, redis, login, explain }: PanelView): Html {
  const { source, isStale, isJournaled } = explain;
  const chips = [
    ...(objects === "away" ? ["objects away"] : []),
    ...(redis === "away" ? ["Redis away"] : []),
    ...(login.provider === "away" ? ["provider away"] : []),
    ...(isStale ? ["stale"] : []),
    ...(isJournaled ? ["journaled"] : []),
  ];
  const from = source in STORE_NAMES ? STORE_NAMES[source as Store] : "no store";
  return html`<a class="lab-bar" href="#stores"><span>${here.name}</span><span>session from <strong>${from}</strong></span>${chips.map(
    (chip) => html`<span class="chip">${chip}</span>`,
  )}</a>`;
}

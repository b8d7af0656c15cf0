import { html } from "hono/html";
import type { ResolvedConfig } from "../../config/resolved.ts";
import { SHOWN_CHARACTERS } from "../../observe/request-facts.ts";
import { isolatesIn } from "../operators/site-metrics.ts";
import type { PoolFacts } from "./facts.ts";
import { CONSOLE } from "./guard.ts";
import { PROVEN_MINUTES } from "./health.ts";
import { type Html, section, table } from "./layout.ts";
import type { Operator } from "./operator.ts";
import { bestOf, type Found, type Shown } from "./session-copies.ts";
import { type Placement, placementOf } from "./session-origin.ts";
import { countOf, plural, spanOf, timeOf } from "./words.ts";

/** What is known of one session. */
export interface SessionFacts {
  readonly id: string;
  /** The answer of the authority comes first. */
  readonly found: readonly Found[];
  readonly pools: readonly PoolFacts[];
  readonly config: Pick<ResolvedConfig, "stores" | "routes">;
  /** Since when breakers of the isolate that answers are open, by the name of the store. */
  readonly openSince: Readonly<Record<string, number>>;
}

const ROLES: Readonly<Record<Found["role"], string>> = {
  authority: "the authority, which orders all changes",
  memory: "memory of the isolate that answers you",
  replica: "replica, for visitors far from their session",
  backup: "backup and journal, for outages of the authority",
};

/** One session explained: its state, its copies, its origin, and what happens when something fails. Values of it are never shown. */
export function sessionPage(facts: SessionFacts, operator: Operator, now: number): Html {
  const best = bestOf(facts.found);
  return html`${stateOf(facts, best, operator, now)}
    ${copiesOf(facts, now)}
    ${best ? html`<div class="two">${originOf(facts, best, now)}${failuresOf(facts, best)}</div>${tokenOf(facts.id)}` : ""}`;
}

function stateOf({ id, found }: SessionFacts, best: ReturnType<typeof bestOf>, { may }: Operator, now: number): Html {
  const [authority] = found;
  const title = `Session ${id.slice(0, SHOWN_CHARACTERS)}…`;
  if (!authority || !best) {
    const text =
      authority?.kind === "away"
        ? "Not known: its authority did not answer, and no other store that answers has a copy. Nothing was changed."
        : authority?.kind === "ended"
          ? "The session has ended."
          : "There is no such session.";
    return section(title, html`<p role="status">${text}</p>`, `asked at ${timeOf(now, now)} UTC`);
  }
  const { principal, version, generation, bornAt, attributeBytes, idleDeadline, absoluteDeadline, touchedAt } =
    best.shown;
  const rows: [string, Html | string][] = [
    [
      "user",
      principal === undefined
        ? "nobody is logged in"
        : html`<a href="${CONSOLE}/sessions?of=${encodeURIComponent(principal)}">${principal}</a>`,
    ],
    ["version", `${version}: it goes up by 1 with each change`],
    [
      "generation",
      `${generation}: each login and each rotation begins a new one, and makes the tokens of older ones void`,
    ],
    ["born", `${timeOf(bornAt, now)} UTC (${spanOf(now - bornAt)} ago)`],
    ["last touch", `${spanOf(now - touchedAt)} ago`],
    ["ends if idle", `${timeOf(idleDeadline, now)} UTC (in ${spanOf(idleDeadline - now)})`],
    ["ends at the latest", `${timeOf(absoluteDeadline, now)} UTC (in ${spanOf(absoluteDeadline - now)})`],
    ["attributes", attributeBytes === undefined ? "not known" : `${plural(attributeBytes, "byte")}, not shown`],
  ];
  const end =
    authority.kind !== "copy"
      ? html`<p class="bad" role="status">The authority ${authority.kind === "away" ? "did not answer, so the session cannot be ended now" : "has no such session, so there is nothing to end"}.</p>`
      : may === "act"
        ? html`<p class="acts"><a class="bad" href="${CONSOLE}/sessions/${id}/end">End…</a></p>`
        : "";
  const isAway = authority.kind === "away";
  const who =
    best.role === "authority"
      ? `says ${best.store}, the authority, at ${timeOf(now, now)} UTC`
      : `says the copy in ${best.store}, because the authority ${isAway ? "did not answer" : "has no such session"}; the session may have changed or ended since`;
  return section(title, html`${table(["fact", "value"], rows)}${end}`, who);
}

function copiesOf(facts: SessionFacts, now: number): Html {
  const [authority] = facts.found;
  const rows = facts.found.map((each) => [
    html`<b>${each.store}</b> <small>${ROLES[each.role]}</small>`,
    each.kind === "copy" ? String(each.shown.version) : "–",
    each.kind === "copy" ? String(each.shown.generation) : "–",
    ageOf(each, now),
    worthOf(each, authority?.kind === "copy" ? authority.shown : undefined, facts, now),
  ]);
  const heads = ["where", "version", "generation", "age", "what it is worth"];
  return section(
    "Its copies",
    table(heads, rows),
    `each store was asked at ${timeOf(now, now)} UTC, for a second at most`,
  );
}

function ageOf(found: Found, now: number): string {
  if (found.kind === "ended") return found.at === undefined ? "–" : `ended ${spanOf(now - found.at)} ago`;
  if (found.kind !== "copy") return "–";
  if (found.role === "authority") return "now";
  if (found.asOf === undefined) return `last touch in it ${spanOf(now - found.shown.touchedAt)} ago`;
  return `the authority vouched for it ${spanOf(now - found.asOf)} ago`;
}

function worthOf(found: Found, truth: Shown | undefined, facts: SessionFacts, now: number): Html | string {
  const waiting =
    "waiting" in found && (found.waiting ?? 0) > 0
      ? html` <span class="warn">${plural(found.waiting ?? 0, "change")} in the journal wait for the authority.</span>`
      : "";
  switch (found.kind) {
    case "away":
      return html`<span class="state bad">did not answer</span> <small>${found.why}. ${awaySince(found.store, facts, now)}</small>`;
    case "ended":
      return html`<span class="state warn">ended</span> <small>${found.reason ?? ""}</small>`;
    case "none":
      return html`no copy${waiting}`;
    case "copy": {
      if (found.role === "authority") return html`<span class="state good">the truth</span>`;
      if (!truth) return html`${doubtOf(facts.found[0])}${waiting}`;
      if (found.shown.generation !== truth.generation)
        return html`<span class="state warn">of an older generation</span>: it answers nobody${waiting}`;
      const behind = truth.version - found.shown.version;
      return behind <= 0
        ? html`<span class="state good">current</span>${waiting}`
        : html`<span class="state warn">${plural(behind, "version")} behind</span>: visitors who have seen more get the authority's${waiting}`;
    }
  }
}

/** Why nobody can compare a copy with the authority's. */
function doubtOf(authority: Found | undefined): string {
  switch (authority?.kind) {
    case "ended":
      return "the session has ended, and this store has not heard of it yet";
    case "none":
      return "the authority has no such session, so the authority may have lost it";
    default:
      return "the authority did not answer, so it is not known whether this copy is current";
  }
}

/** Since when a store is away, as isolates have reported it. */
function awaySince(store: string, { pools, openSince }: SessionFacts, now: number): string {
  const reports = pools.flatMap((facts) => (facts.kind === "known" ? [facts.totals.isolates] : []));
  const first = Math.min(openSince[store] ?? Infinity, ...reports.map((heard) => heard.openSince?.[store] ?? Infinity));
  const by = Math.max(0, ...reports.map(({ open }) => isolatesIn(open[store] ?? {})));
  const heard = Math.max(0, ...reports.map((each) => each.heard));
  if (!Number.isFinite(first)) return `No isolate has reported that; this page noticed it at ${timeOf(now, now)} UTC.`;
  return `Not asked since ${timeOf(first, now)} UTC (${spanOf(now - first)}), says ${by > 0 ? `${by} of ${plural(heard, "isolate")}` : "the isolate that answers you"}.`;
}

function originOf({ id, pools }: SessionFacts, { shown }: NonNullable<ReturnType<typeof bestOf>>, now: number): Html {
  const panels = pools.map((facts) => {
    const placement = placementOf(facts, { id, bornAt: shown.bornAt }, now);
    return html`<h3>${facts.pool.id}</h3>${placementText(placement, facts.pool.affinity.algorithm)}`;
  });
  const source = `computed at ${timeOf(now, now)} UTC from its id and birth, the changes of operators, and the health that probes and isolates have told; isolates tell it once a minute`;
  return section("Its origin", html`${panels}`, source);
}

/** The origins of a session in a pool, in words. */
export function placementText(placement: Placement, algorithm: string): Html {
  if (placement.kind === "unknown") return html`<p class="warn">Not known: ${placement.why}.</p>`;
  const { orders, away, unproven, mayBePinned, pinned } = placement;
  const lines = orders.map(({ regions, own = "no origin", now, next }) => {
    const [serves = "no origin", ...others] = now;
    const born = regions.length === 0 ? "" : html`Born in ${regions.join(", ")}: `;
    const why =
      pinned === serves
        ? html`its token pins it there: it has been served there since its own origin ${own} was away`
        : serves === own
          ? html`its own origin: ${algorithm} hashing of its id puts it first among the origins that were open at its birth`
          : html`its own origin ${own} is ${away.includes(own) ? "away" : "closed or shunned"}, and ${serves} is next in its order`;
    return html`<li>${born}<b>${serves}</b> serves it, because ${why}.
      <br><b>If ${serves} dies</b>: ${next[0] ?? "no other origin is left"}${next[0] ? " answers the next request" : ""}${next[1] ? `, then ${next[1]}` : ""}.
      ${others.length > 0 && next[0] !== others[0] ? html`<small>Tried in one request: ${now.join(", ")}.</small>` : ""}</li>`;
  });
  return html`<ul>${lines}</ul>
    ${unproven.length > 0 ? html`<p class="warn">Not known: whether ${unproven.join(", ")} answers now. No probe and no answer of the last ${String(PROVEN_MINUTES)} minutes tells of it.</p>` : ""}
    ${away.length > 0 ? html`<p class="warn">Away now, say probes or most isolates: ${away.join(", ")}.</p>` : ""}
    ${orders.length > 1 ? html`<p class="muted">The region of its birth is in its visitor's token alone.</p>` : ""}
    ${mayBePinned ? html`<p class="muted">Not known: whether it is pinned elsewhere. After an origin was away, the visitor's token keeps the session where it went.</p>` : ""}`;
}

function failuresOf(
  { found, config: { stores, routes } }: SessionFacts,
  best: NonNullable<ReturnType<typeof bestOf>>,
): Html {
  const [authority] = found;
  const backup = found.find(({ role }) => role === "backup");
  const name = authority?.store ?? "the authority";
  const now =
    authority?.kind === "copy"
      ? html`Requests read version ${String(authority.shown.version)} from ${name}, or for up to 5 s a copy in an isolate's memory.`
      : html`<b class="bad">${name} does not answer now.</b>`;
  const origin = html`<b>If an origin dies:</b> the next origin gets the same session from ${name}. Origins hold nothing of it.`;
  const refused = routes.some(({ onStale }) => onStale === "refuse");
  const left = refused
    ? "a copy that is left, marked stale, or 503 where a route refuses stale copies"
    : "a copy that is left, marked stale; without a copy 503";
  const outage = html`<b>If ${name} cannot be reached:</b> ${outageText(backup, best.shown, left)}`;
  const both = backup ? html`<b>If ${backup.store} cannot be reached either:</b> ${left}. Changes get 503.` : "";
  const backs = backup && stores.backup === "off" ? html`<li>The configuration writes no backups.</li>` : "";
  const steps = [now, origin, outage, both].filter((step) => step !== "").map((step) => html`<li>${step}</li>`);
  return section("If something fails", html`<ul>${steps}${backs}</ul>`, "by the configuration, and the copies above");
}

function outageText(backup: Found | undefined, { version, generation }: Shown, left: string): string {
  if (!backup) return `there is no fallback, so reads get ${left}. Changes get 503.`;
  const { store } = backup;
  switch (backup.kind) {
    case "away":
      return `${store} does not answer now, so reads would get ${left}.`;
    case "ended":
      return `${store} knows that it has ended, and answers so.`;
    case "none":
      return `${store} has no backup of it, so reads get ${left}. Changes wait in the journal.`;
    case "copy": {
      if (backup.shown.generation !== generation)
        return `the backup in ${store} is of an older generation, so reads get ${left}.`;
      const behind = version - backup.shown.version;
      const which =
        behind > 0
          ? `which is ${plural(behind, "version")} behind: visitors who have seen more get ${left}`
          : "which is current";
      return `the backup in ${store} answers with version ${countOf(backup.shown.version)}, ${which}. Changes wait in the journal; logins get 503.`;
    }
  }
}

function tokenOf(id: string): Html {
  return section(
    "Only its visitor's token knows",
    html`<p>The region of its birth, the origin that it is pinned to, and the newest version that the visitor has seen. No store has these.</p>
    <p class="acts"><a href="${CONSOLE}/sessions/${id}/debug-link">Make a debug link…</a></p>`,
    "not known here",
  );
}

/** A link that shows a visitor what their token knows. */
export function debugLinkPage(id: string, link: string, now: number, lastsMs: number): Html {
  return section(
    `A debug link for session ${id.slice(0, SHOWN_CHARACTERS)}…`,
    html`<ol>
      <li>Send this link to the visitor. It works in their browser alone, until ${timeOf(now + lastsMs, now)} UTC (${spanOf(lastsMs)}).</li>
      <li>They see the region of birth, the pin, the version and the generation of their token, and the origins that follow. They see no value of the session.</li>
      <li>They read the page to you, or send you a picture of it.</li>
    </ol>
    <p><input readonly class="mono" aria-label="The debug link" value="${link}"></p>
    <p>At a site with several hosts, put the host that the visitor uses in its place. <a href="${CONSOLE}/sessions/${id}">Back to the session</a></p>`,
  );
}

import { html } from "hono/html";
import { labelsOf } from "../../totals/exposition.ts";
import { sumOf } from "../../totals/tally.ts";
import type { AuditShown } from "../operators/audit-api.ts";
import { auditTable } from "./audit-page.ts";
import type { PoolFacts, SiteFacts } from "./facts.ts";
import { CONSOLE } from "./guard.ts";
import { type Html, section, table } from "./layout.ts";
import { needsOf } from "./needs.ts";
import type { Operator } from "./operator.ts";
import { poolPanel } from "./pool-page.ts";
import { lastMinute, quantileIn, sumIn } from "./rates.ts";
import { countOf, percentOf, plural, spanOf, timeOf } from "./words.ts";

/** What the page shows. */
export interface NowFacts {
  readonly pools: readonly PoolFacts[];
  readonly site: SiteFacts;
  readonly audit: AuditShown | undefined;
}

const SHOWN_ACTIONS = 5;
const CODES_MINUTES = 15;

/** What needs an operator, the numbers of the last minute, the pools, the answers of Moor itself, and the last actions. */
export function nowPage({ pools, site, audit }: NowFacts, operator: Operator, now: number): Html {
  const needs = needsOf(pools, site, now);
  const list =
    needs.length > 0
      ? html`<ul class="needs">${needs.map(
          ({ grave, title, text, page }) =>
            html`<li class="${grave ? "bad" : ""}"><b>${title}</b> ${text} <a href="${CONSOLE}${page}">${page === "/stores" ? "Look at the stores" : "Look at the pool"}</a></li>`,
        )}</ul>`
      : nothingNeeded(pools);
  const title = needs.length === 0 ? "Needs you" : plural(needs.length, "thing needs you", "things need you");
  return html`${section(title, list, `${timeOf(now, now)} UTC`)}
    ${rates(pools, now)}
    ${pools.map((facts) => poolPanel(facts, operator, now))}
    <div class="two">${codes(pools, site, now)}${actions(audit, now)}</div>`;
}

/** Only what somebody has looked at can be called well. */
function nothingNeeded(pools: readonly PoolFacts[]): Html {
  const silent = pools.flatMap((facts) => {
    const isSilent =
      facts.kind === "known" &&
      facts.totals.isolates.heard === 0 &&
      Object.keys(facts.looked.probes ?? {}).length === 0;
    return isSilent ? [facts.pool.id] : [];
  });
  if (silent.length === pools.length)
    return html`<p><span class="state warn">Whether something needs you is not known</span>: no isolate has reported lately.</p>`;
  const unheard = silent.length === 0 ? "" : ` No isolate has reported lately of ${silent.join(", ")}.`;
  return html`<p><span class="state good">Nothing needs you</span>, as far as isolates, probes and objects say.${unheard}</p>`;
}

function rates(pools: readonly PoolFacts[], now: number): Html {
  const known = pools.filter((facts) => facts.kind === "known");
  const counts = sumOf(known.map(({ totals }) => lastMinute(totals.minutes, now)));
  const heard = known.reduce((sum, { totals }) => sum + totals.isolates.heard, 0);
  const oldest = Math.min(...known.map(({ totals }) => totals.isolates.oldestAt ?? Infinity));
  const age = Number.isFinite(oldest)
    ? `the oldest report is ${spanOf(now - oldest)} old`
    : "no isolate has reported lately";
  const note = `${plural(heard, "isolate")} heard, counted for each pool · ${age} · what an isolate had not reported when it ended is not counted`;
  const all = sumIn(counts, "moor_requests_total");
  if (all === 0) return section("The last minute", html`<p>No request was reported.</p>`, note);
  const failed = sumIn(counts, "moor_requests_total", { status: "5xx" });
  const byMoor = sumIn(counts, "moor_requests_total", { status: "5xx", code: (code) => code !== "" });
  const answered = sumIn(counts, "moor_origin_responses_total");
  const elsewhere = sumIn(counts, "moor_origin_responses_total", {
    chosen: (chosen) => ["failover", "ejected-other", "spilled"].includes(chosen),
  });
  const sessions = sumIn(counts, "moor_sessions_total");
  const memory = sumIn(counts, "moor_sessions_total", { source: "memory" });
  const quantile = (share: number, metric = "moor_request_duration_seconds") =>
    boundOf(quantileIn(counts, metric, {}, share));
  const tile = (name: string, value: string, more: string) =>
    html`<div><dt>${name}</dt><dd>${value}<small>${more}</small></dd></div>`;
  return section(
    "The last minute",
    html`<dl class="tiles">
      ${tile("requests", `${countOf(all / 60)} /s`, `${countOf(all)} in the minute`)}
      ${tile("answered 5xx", percentOf(failed / all), `by Moor ${percentOf(byMoor / all)}, by origins ${percentOf((failed - byMoor) / all)}`)}
      ${([0.5, 0.99] as const).map((share) =>
        tile(
          `p${share * 100} until the headers`,
          quantile(share),
          `of origins alone ${quantile(share, "moor_origin_duration_seconds")}`,
        ),
      )}
      ${tile("served elsewhere", answered === 0 ? "–" : percentOf(elsewhere / answered), "not by the session's own origin")}
      ${tile("session from memory", sessions === 0 ? "–" : percentOf(memory / sessions), `of ${plural(sessions, "request")} with a session`)}
    </dl>`,
    note,
  );
}

function codes(pools: readonly PoolFacts[], site: SiteFacts, now: number): Html {
  const known = pools.flatMap((facts) => (facts.kind === "known" ? [facts.totals] : []));
  const all = site.kind === "totals" ? [...known, site] : known;
  const minutes = all.flatMap((totals) => totals.minutes.filter(({ at }) => at > now - CODES_MINUTES * 60_000));
  const sums = sumOf(minutes.map(({ counts }) => counts));
  const rows = Object.entries(sums).flatMap(([series, count]) => {
    const { code = "", pool = "", route = "", status = "" } = labelsOf(series);
    const isCode = series.startsWith("moor_requests_total{") && code !== "";
    return isCode ? [{ count: Number(count), cells: [code, status, `${pool} ${route}`, countOf(Number(count))] }] : [];
  });
  const sorted = rows.toSorted((one, other) => other.count - one.count).map(({ cells }) => cells);
  const content =
    sorted.length > 0
      ? table(["code", "status", "where", "count"], sorted)
      : html`<p>Moor has answered no request itself, as far as isolates have reported.</p>`;
  return section("What Moor answered itself", content, `last ${CODES_MINUTES} minutes`);
}

function actions(audit: AuditShown | undefined, now: number): Html {
  if (!audit) return section("What operators did", html`<p>Not known: no object keeps actions.</p>`);
  return section("What operators did", auditTable({ ...audit, entries: audit.entries.slice(0, SHOWN_ACTIONS) }, now));
}

/** A quantile is known as the bound of its bucket. */
function boundOf(seconds: number | undefined): string {
  if (seconds === undefined) return "–";
  return Number.isFinite(seconds) ? `≤ ${countOf(seconds * 1000)} ms` : "> 30 s";
}

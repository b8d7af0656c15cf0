import { html } from "hono/html";
import type { ResolvedConfig } from "../../config/resolved.ts";
import type { Breaker } from "../../store/breaker.ts";
import { isolatesIn } from "../operators/site-metrics.ts";
import type { PoolFacts, SiteFacts } from "./facts.ts";
import { type Html, section, table } from "./layout.ts";
import { placesOf, plural, spanOf, timeOf } from "./words.ts";

/** The breakers of stores in all isolates and in this isolate, and the sweep of journals. */
export function storesPage(
  pools: readonly PoolFacts[],
  site: SiteFacts,
  breakers: readonly Breaker[],
  now: number,
): Html {
  const rows = pools.flatMap((facts) => {
    if (facts.kind === "unknown") return [[facts.pool.id, html`<span class="bad">not known: ${facts.why}</span>`, "–"]];
    const { heard, open, openSince } = facts.totals.isolates;
    const opened = Object.entries(open);
    if (opened.length === 0) {
      const word =
        heard === 0
          ? html`<span class="state warn">no isolate has reported</span>`
          : html`<span class="state good">closed in all</span>`;
      return [[facts.pool.id, word, plural(heard, "isolate")]];
    }
    return opened.map(([store, colos]) => [
      facts.pool.id,
      html`<span class="state bad">${store} open in ${String(isolatesIn(colos))}</span>${openSince?.[store] === undefined ? "" : html` <small>since ${timeOf(openSince[store], now)}</small>`}`,
      `${placesOf(colos)}; of ${plural(heard, "isolate")}`,
    ]);
  });
  const own = breakers.map((breaker) => [
    breaker.name,
    html`<span class="state ${breaker.state() === "closed" ? "good" : "bad"}">${breaker.state()}</span>`,
  ]);
  return html`${section("Breakers", table(["reported to the pool", "breakers", "where"], rows), "say isolates, in their reports of the last 150 s")}
    ${section("Breakers of the isolate that answers you", table(["store", "state"], own), "now")}
    ${section("Sweep of journals", sweepOf(site, now), "says the cron job, in the object of the site")}`;
}

function sweepOf(site: SiteFacts, now: number): Html {
  if (site.kind === "unknown") return html`<p class="bad" role="status">Not known: ${site.why}.</p>`;
  const { sweep } = site;
  if (!sweep) return html`<p>No run is known. The cron job runs only with Redis.</p>`;
  return html`<p><span class="state ${sweep.failed ? "bad" : "good"}">${sweep.failed ? "failed" : "done"}</span> ${timeOf(sweep.at, now)} UTC (${spanOf(now - sweep.at)} ago), in ${spanOf(sweep.tookMs)}. ${plural(sweep.left, "session")} left for the next run${sweep.oldestAt === undefined ? "" : `; the oldest change is at least ${spanOf(now - sweep.oldestAt)} old`}.</p>`;
}

/** The configuration in force, and the isolates by version and configuration. It has no secret, because secrets are bindings. */
export function configurationPage(config: ResolvedConfig, pools: readonly PoolFacts[]): Html {
  const rows = pools.flatMap((facts) => {
    if (facts.kind === "unknown") return [[facts.pool.id, "not known", facts.why]];
    return Object.entries(facts.totals.isolates.builds).map(([build, count]) => {
      const [version, hash] = build.split(" ");
      return [
        facts.pool.id,
        `version ${version || "not bound"}, configuration ${hash ?? ""}`,
        plural(count, "isolate"),
      ];
    });
  });
  return html`${section("Isolates", rows.length > 0 ? table(["pool", "build", "isolates"], rows) : html`<p>No isolate has reported lately.</p>`, "say isolates, in their reports of the last 150 s")}
    ${section("Configuration", html`<pre tabindex="0">${JSON.stringify(config, undefined, 2)}</pre>`, "of the isolate that answers you, with every default")}`;
}

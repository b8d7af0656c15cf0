import { html } from "hono/html";
import { BUCKETS } from "../../totals/tally.ts";
import { closuresOf, type StandingNow, standingOf } from "../../upstream/live/pool-state.ts";
import { isolatesIn } from "../operators/site-metrics.ts";
import type { PoolFacts } from "./facts.ts";
import { CONSOLE } from "./guard.ts";
import { PROVEN_MINUTES, unprovenOrigins } from "./health.ts";
import { type Html, section, table } from "./layout.ts";
import type { Operator } from "./operator.ts";
import { safetyText } from "./plan-page.ts";
import { planChange, sharesAt } from "./plans.ts";
import { type Line, mostIn, plot } from "./plot.ts";
import { boundByMinute, byMinute, knownByMinute, lastMinute, quantileIn, sumIn } from "./rates.ts";
import { countOf, percentOf, plural, spanOf, timeOf } from "./words.ts";

type Known = Extract<PoolFacts, { kind: "known" }>;

const STATES: Readonly<Record<StandingNow["state"], string>> = {
  open: "good",
  draining: "warn",
  drained: "warn",
  ejected: "bad",
};
const HEADS = ["origin", "operators say", "health", "new sessions", "sessions", "requests", "p99", "actions"];
const PER_MINUTE = 60;
/** The largest bound of a bucket. A quantile above it is drawn there. */
const LONGEST_MS = (BUCKETS.at(-1) as number) * 1000;

/** The panel of a pool: its origins, and what an operator can do with each. */
export function poolPanel(facts: PoolFacts, operator: Operator, now: number): Html {
  const { id, origins } = facts.pool;
  const title = html`<a href="${CONSOLE}/pools/${id}">${id}</a>`;
  if (facts.kind === "unknown") {
    const rows = origins.map((origin) => [origin.id, origin.down ? "down by configuration" : "open by configuration"]);
    return poolSection(
      title,
      "as configured; nothing of this is measured",
      html`<p class="bad" role="status">Not known: ${facts.why}. So there are no actions here: a change needs the object of the pool.</p>
      ${table(["origin", "configuration"], rows)}`,
    );
  }
  const { looked, totals } = facts;
  const { heard, oldestAt } = totals.isolates;
  const age = oldestAt === undefined ? "" : `, the oldest report is ${spanOf(now - oldestAt)} old`;
  const note = `version ${looked.state?.version ?? 0} · ${plural(heard, "isolate")} heard${age} · requests of the last minute`;
  const rows = origins.map((origin) => originRow(facts, origin.id, operator, now));
  return poolSection(title, note, html`${table(HEADS, rows)}${drains(facts, now)}`);
}

/** The page of a pool: its panel, the plots of the last hour, and its changes in time. */
export function poolPage(facts: PoolFacts, operator: Operator, now: number): Html {
  const panel = poolPanel(facts, operator, now);
  if (facts.kind === "unknown") return panel;
  return html`${panel}${timeline(facts, now)}${plots(facts, now)}`;
}

/** The plots of a pool: requests, latency, and the responses and sessions of each origin. */
export function plots({ pool, totals }: Known, now: number): Html {
  const perSecond = (count: number) => count / PER_MINUTE;
  const series = (metric: string, wanted: Record<string, string>) =>
    byMinute(totals.minutes, now, (counts) => perSecond(sumIn(counts, metric, wanted)));
  /** A plot for each origin, with the same axis of values. */
  const ofOrigins = (title: string, unit: string, valuesOf: (origin: string) => Line["values"]) => {
    const lines = pool.origins.map(({ id }) => ({ name: id, values: valuesOf(id) }));
    const most = mostIn(lines);
    return lines.map((line) => plot({ title: `${title} of ${line.name}`, unit, lines: [line], now, most }));
  };
  const p99 = knownByMinute(totals.minutes, now, (counts) => {
    const seconds = quantileIn(counts, "moor_request_duration_seconds", {}, 0.99);
    return seconds === Infinity ? LONGEST_MS : seconds && seconds * 1000;
  });
  return section(
    "The last hour",
    html`<div class="plots">${plot({
      title: "Requests",
      unit: "per second",
      lines: [
        { name: "all", values: series("moor_requests_total", {}) },
        { name: "answered 5xx", values: series("moor_requests_total", { status: "5xx" }), bad: true },
      ],
      now,
    })}
    ${plot({ title: "p99 until the headers", unit: "ms", lines: [{ name: "at most", values: p99 }], now })}
    ${ofOrigins("Responses", "per second", (origin) => series("moor_origin_responses_total", { origin }))}
    ${ofOrigins("Sessions", "± 3 %", (origin) => boundByMinute(totals.minutes, now, origin))}</div>`,
    "as isolates have reported; a minute without a report has no requests, and gaps in the other plots",
  );
}

/** Whether each origin that gets new sessions can be drained now. */
function drains(facts: Known, now: number): Html {
  const open = facts.pool.origins.filter(({ id }) => isOpen(standingOf(closuresOf(facts.looked.state, id), now)));
  const plans = open.map(({ id }) => planChange("drain", id, { ...facts, lifeMs: 0, now }));
  return html`<ul class="plain">${plans.map((plan) => html`<li>${safetyText(plan)}</li>`)}</ul>`;
}

function isOpen({ state, next }: StandingNow): boolean {
  return state === "open" && next.length === 0;
}

function poolSection(title: Html, note: string, content: Html): Html {
  return html`<section><h2>${title} <small>${note}</small></h2>${content}</section>`;
}

function originRow(facts: Known, origin: string, operator: Operator, now: number): (Html | string)[] {
  const { pool, looked, totals } = facts;
  const standing = standingOf(closuresOf(looked.state, origin), now);
  const shares = sharesAt({ pool, looked, totals, now }, looked.state, now);
  const { share, healthy } = shares.find((each) => each.origin === origin) ?? { share: 0, healthy: true };
  const counts = lastMinute(totals.minutes, now);
  const requests = sumIn(counts, "moor_origin_responses_total", { origin });
  const p99 = quantileIn(counts, "moor_origin_duration_seconds", { origin }, 0.99);
  const bound = totals.bound[origin];
  return [
    html`<b>${origin}</b>`,
    html`<span class="state ${STATES[standing.state]}">${standing.state}</span>${
      standing.since === undefined ? "" : html` <small>since ${timeOf(standing.since, now)}</small>`
    }${standing.next.map(({ state, at }) => html` <small>${state} from ${timeOf(at, now)}</small>`)}`,
    health(facts, origin, now),
    healthy ? percentOf(share) : html`${percentOf(share)} <small>when well</small>`,
    bound === undefined ? "not seen" : unbroken(`${countOf(bound)} ± 3 %`),
    unbroken(`${countOf(requests / PER_MINUTE)} /s`),
    p99 === undefined ? "–" : unbroken(Number.isFinite(p99) ? `≤ ${countOf(p99 * 1000)} ms` : "> 30 s"),
    operator.may === "act" ? actions(pool.id, origin, standing) : "an operator may act",
  ];
}

/** A text that stays in its line. */
function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

function health(facts: Known, origin: string, now: number): Html {
  const { looked, totals } = facts;
  const { verdict, last } = looked.probes?.[origin] ?? {};
  const by = isolatesIn(totals.isolates.ejecting[origin] ?? {});
  const { heard } = totals.isolates;
  const isUnhealthy = verdict?.state === "unhealthy" && now < verdict.until;
  const probes = verdict
    ? `probes: ${verdict.state} since ${timeOf(verdict.since, now)}${last ? `, last ${last.result.kind} ${spanOf(now - last.at)} ago` : ""}`
    : "not probed";
  if (by === 0 && !isUnhealthy) {
    const why = heard === 0 ? "no isolate has reported" : `no answer reported in the last ${PROVEN_MINUTES} minutes`;
    return unprovenOrigins(facts, now).has(origin) || (heard === 0 && !verdict)
      ? html`<span class="state warn">not known</span> <small>${why}, ${probes}</small>`
      : html`<span class="state good">healthy</span> <small>${probes}; ejected by 0 of ${heard}</small>`;
  }
  const ejection = totals.isolates.ejections?.[origin];
  const since = ejection ? `since ${timeOf(ejection.since, now)} ` : "";
  const word = by * 2 > heard || isUnhealthy ? "bad" : "warn";
  return html`<span class="state ${word}">${isUnhealthy ? "unhealthy" : "ejected"}</span> <small>${since}by ${by} of ${plural(heard, "isolate")}; ${probes}</small>`;
}

function actions(pool: string, origin: string, standing: StandingNow): Html {
  const path = `${CONSOLE}/pools/${pool}/origins/${origin}`;
  return html`<span class="acts">${isOpen(standing) ? html`<a href="${path}/drain">Drain ${origin}…</a>` : html`<a href="${path}/restore">Restore ${origin}…</a>`}
    <a class="bad" href="${path}/eject">Eject ${origin}…</a></span>`;
}

function timeline({ pool, looked }: Known, now: number): Html {
  const rows = pool.origins.flatMap(({ id }) =>
    closuresOf(looked.state, id).map(({ kind, from, endsAt, until }): [number, string[]] => [
      from,
      [
        id,
        kind,
        timeOf(from, now),
        endsAt === undefined ? "when no session is left" : timeOf(endsAt, now),
        until === undefined ? "–" : timeOf(until, now),
      ],
    ]),
  );
  const sorted = rows.toSorted(([one], [other]) => other - one).map(([, cells]) => cells);
  const heads = [
    "origin",
    "closure",
    "closed to new sessions from",
    "its sessions leave",
    "open to new sessions again",
  ];
  const content =
    sorted.length > 0 ? table(heads, sorted) : html`<p>No operator has changed an origin of this pool.</p>`;
  return section("Changes, past and announced", content, "says the object of the pool");
}

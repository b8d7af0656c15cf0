import { isolatesIn } from "../operators/site-metrics.ts";
import type { PoolFacts, SiteFacts } from "./facts.ts";
import { lastMinute, sumIn } from "./rates.ts";
import { percentOf, placesOf, plural, spanOf, timeOf } from "./words.ts";

/** A sentence on what needs an operator: what is so, who says so, since when, who notices. */
export interface Need {
  readonly grave: boolean;
  readonly title: string;
  readonly text: string;
  /** The page that has more, below the console. */
  readonly page: string;
}

/** A sweep that has not run for this long is a need, in milliseconds. The cron job runs each minute. */
const SWEEP_LATE_MS = 5 * 60_000;
/** A share of 5xx above this is a need. */
const MOST_FAILED = 0.01;

/** Everything that needs an operator now, the grave things first. */
export function needsOf(pools: readonly PoolFacts[], site: SiteFacts, now: number): readonly Need[] {
  const needs = [...pools.flatMap((facts) => ofPool(facts, now)), ...ofSite(site, now)];
  return needs.toSorted((one, other) => Number(other.grave) - Number(one.grave));
}

function ofPool(facts: PoolFacts, now: number): Need[] {
  const { id } = facts.pool;
  const page = `/pools/${id}`;
  if (facts.kind === "unknown") {
    const text = `Its object did not answer: ${facts.why}. Visitors do not notice. Changes of operators are refused until it answers.`;
    return [{ grave: true, title: `Nothing is known of the pool ${id}.`, text, page }];
  }
  const { totals } = facts;
  const needs = facts.pool.origins.flatMap((origin) => ofOrigin(facts, origin.id, now));
  const { panicking, heard, open } = totals.isolates;
  if (panicking > 0) {
    const text = `${panicking} of ${plural(heard, "isolate")} ignore the health of its origins, because too few are healthy.`;
    needs.push({ grave: true, title: `${id} is in panic.`, text, page });
  }
  for (const [store, colos] of Object.entries(open)) {
    const since = totals.isolates.openSince?.[store];
    const text = `${since === undefined ? "" : `Since ${timeOf(since, now)} (${spanOf(now - since)}). `}Noticed by ${isolatesIn(colos)} of ${plural(heard, "isolate")} (${placesOf(colos)}): it failed repeatedly, and these isolates ask it only now and then.`;
    needs.push({ grave: isolatesIn(colos) * 2 > heard, title: `The store ${store} is away.`, text, page: "/stores" });
  }
  const counts = lastMinute(totals.minutes, now);
  const all = sumIn(counts, "moor_requests_total");
  const failed = sumIn(counts, "moor_requests_total", { status: "5xx" });
  if (all > 0 && failed / all > MOST_FAILED) {
    const text = `${percentOf(failed / all)} of ${plural(all, "request")} of the last minute, as isolates have counted.`;
    needs.push({ grave: true, title: `${id} answers 5xx.`, text, page });
  }
  return needs;
}

function ofOrigin(
  { pool, looked, totals }: Extract<PoolFacts, { kind: "known" }>,
  origin: string,
  now: number,
): Need[] {
  const { verdict, last } = looked.probes?.[origin] ?? {};
  const ejecting = totals.isolates.ejecting[origin] ?? {};
  const by = isolatesIn(ejecting);
  const isUnhealthy = verdict?.state === "unhealthy" && now < verdict.until;
  if (by === 0 && !isUnhealthy) return [];
  const ejection = totals.isolates.ejections?.[origin];
  const since = Math.min(isUnhealthy ? verdict.since : Infinity, ejection?.since ?? Infinity);
  const probes = isUnhealthy
    ? [
        `the probes, since ${timeOf(verdict.since, now)} (last: ${last?.result.kind ?? "none"}, ${spanOf(now - (last?.at ?? now))} ago)`,
      ]
    : [];
  const because = ejection && REASONS[ejection.reason];
  const isolates =
    by > 0
      ? [
          `${by} of ${plural(totals.isolates.heard, "isolate")} (${placesOf(ejecting)})${because === undefined ? "" : `, because ${because}`}`,
        ]
      : [];
  const bound = totals.bound[origin];
  const sessions =
    bound === undefined
      ? ""
      : ` Its ${plural(bound, "session")} (± 3 %) are served by other origins; no other session moved.`;
  const when = Number.isFinite(since) ? `Since ${timeOf(since, now)} UTC (${spanOf(now - since)}). ` : "";
  const advice = " Moor sends it sessions again when it is well. An ejection is not needed, and cannot be undone.";
  const text = `${when}Noticed by ${[...isolates, ...probes].join("; and by ")}.${sessions}${advice}`;
  return [{ grave: true, title: `Origin ${pool.id}/${origin} is ill.`, text, page: `/pools/${pool.id}` }];
}

/** The words for the cause of an ejection, as the log names it. */
const REASONS: Readonly<Record<string, string>> = {
  silence: "it did not answer",
  losses: "it lost requests that another origin answered",
  errors: "it answered with errors",
  "success-rate": "it answered worse than the other origins",
  unproven: "it did not prove itself when it was tried again",
};

function ofSite(site: SiteFacts, now: number): Need[] {
  if (site.kind === "unknown") {
    const text = `Its object did not answer: ${site.why}. Visitors do not notice.`;
    return [{ grave: false, title: "The sweep and the actions on sessions are not known.", text, page: "/stores" }];
  }
  const { sweep } = site;
  if (!sweep) return [];
  const when = `It last ended ${spanOf(now - sweep.at)} ago.`;
  if (sweep.failed || now - sweep.at > SWEEP_LATE_MS) {
    const title = sweep.failed ? "The last sweep of journals failed." : "The sweep of journals is late.";
    return [{ grave: false, title, text: `${when} Changes that Redis has accepted wait for it.`, page: "/stores" }];
  }
  if (sweep.left === 0) return [];
  const oldest =
    sweep.oldestAt === undefined ? "" : `The oldest change is at least ${spanOf(now - sweep.oldestAt)} old. `;
  const title = `${plural(sweep.left, "session")} wait for the next sweep.`;
  return [
    {
      grave: false,
      title,
      text: `${when} ${oldest}Their changes are in Redis, and not yet in their objects.`,
      page: "/stores",
    },
  ];
}

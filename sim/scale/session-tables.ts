import { table } from "../../bench/table.ts";
import { clearingHours, inRegion, sweptPerMinute } from "./breaks.ts";
import type { Stretch } from "./cuts.ts";
import type { Operation } from "./ledger.ts";
import limits from "./limits.json" with { type: "json" };
import { type Counted, dollarsOf } from "./load.ts";
import { percent, short, whole } from "./numbers.ts";
import type { Results } from "./results.ts";

/** The operations that the visitors of each workload ask of the stores. */
export function loadTable({ loads }: Results): string {
  const rows = loads.map((load) => {
    const { operations, sessions, seconds, sessionRequests, callsPerSecond, callsInOneSecond } = load;
    const perSecond = (count: number) => short(count / sessions / seconds);
    return [
      load.workload,
      String(sessions),
      perSecond(sessionRequests),
      perSecond(operations["object call"]),
      short(callsPerSecond.p99),
      short(callsInOneSecond.max),
      perSecond(operations["row written"]),
      `${perSecond(operations["KV read"])} / ${perSecond(operations["KV write"])}`,
      perSecond(operations["Redis command"]),
    ];
  });
  return table(
    [
      ...["workload", "sample", "requests/s", "object calls/s, mean", "p99", "most in one second"],
      ...["rows written/s", "KV get / put per s", "Redis commands/s"],
    ],
    rows,
  );
}

/** All operations at the assumed size, and their cost. */
export function totalTable({ total, assumptions, machine, seed }: Results): string {
  const { operations } = total;
  const row = (about: string, name: Counted, limit = "") => [
    about,
    whole(operations[name]),
    limit,
    whole(dollarsOf(name, operations[name])),
  ];
  const each = (limit: { readonly perSecond: number }) => `${limit.perSecond.toLocaleString("en")} each`;
  const rows = [
    ["requests", whole(total.requests), "", ""],
    ["of a session", whole(total.sessionRequests), "", ""],
    ["sessions founded, and ended", whole(total.founded), "", ""],
    row("object calls, spread over as many objects", "object call", each(limits.objectRequests)),
    row("changes among them", "object change", each(limits.objectChanges)),
    row("alarms", "alarm"),
    row("rows read", "row read"),
    row("rows written", "row written"),
    row("KV reads of sessions", "KV read", "none known"),
    row("KV writes of sessions", "KV write", "1 a key"),
    row("KV writes refused", "KV write refused"),
    row("Redis commands", "Redis command", `${limits.redisCommands.perSecond.toLocaleString("en")} assumed`),
    ["all", "", "", whole(total.dollars)],
  ];
  const size = `${assumptions.visitors.toLocaleString("en")} visitors at once`;
  const made = `Seed ${seed}; ${machine.cpus} × ${machine.cpu}, Node ${machine.node}.`;
  return `${table([size, "per second", "limit per second", "dollars a month"], rows)}\n\n${made}`;
}

/** Requests that meet an isolate which does not know their session. */
export function coldTable({ coldStarts }: Results): string {
  const rows = coldStarts.map((load) => {
    const { operations, sessionRequests, sessions } = load;
    const calls = operations["object call"] / sessionRequests;
    const meets = load.spreading === "scattered" ? "any, each request anew" : "one, while its connection is open";
    return [
      meets,
      String(load.isolatesPerLocation),
      whole(load.isolateLifeSeconds),
      short(calls),
      percent(1 - calls),
      String(sessions),
    ];
  });
  return table(
    [
      "a request meets",
      "isolates of its location",
      "their life, s",
      "object calls per request",
      "answered without",
      "sample",
    ],
    rows,
  );
}

/** A single session behind many requests. */
export function sharedTable({ hotSessions }: Results): string {
  const rows = hotSessions.map(({ isolates, requestsPerSecond, callsPerSecond, callsInOneSecond, share }) => [
    whole(isolates),
    whole(requestsPerSecond),
    short(callsPerSecond),
    whole(callsInOneSecond),
    percent(share),
  ]);
  return table(["isolates", "requests/s", "object calls/s, mean", "most in one second", "of requests"], rows);
}

/** A single principal with many sessions. */
export function principalTable({ sharedAccounts, indexCalls }: Results): string {
  const rows = sharedAccounts.map((it) => [
    whole(it.sessions),
    it.loginMs.toFixed(2),
    whole(it.rowsReadPerLogin),
    whole(it.endCalls),
    whole(it.alarms),
    short(it.seconds),
  ]);
  const head = [
    "sessions of the principal",
    "CPU of one more login, ms",
    "rows it reads, on paper",
    "calls to end all",
    "alarms",
    "s until all have ended",
  ];
  const per = `A session calls its principal's object ${short(indexCalls.callsPerSession)} times in its life (${indexCalls.sessions} visitors of the shop).`;
  return `${table(head, rows)}\n\n${per}`;
}

/** Calls of objects around a deploy, which empties all memories. */
export function deployTable({ deploys }: Results): string {
  const rows = deploys.map(({ workload, sessions, stretches }) => {
    const calls = stretches.map(({ perVisitor }) => (perVisitor["object call"] ?? 0) / (perVisitor.request || 1));
    return [workload, String(sessions), ...calls.map(short)];
  });
  const heads = (deploys[0]?.stretches ?? []).map(({ from, until }) =>
    from < 0 ? "before" : `${from} to ${until} s after`,
  );
  return table(["object calls per request", "sample", ...heads], rows);
}

/** The stores that answer while a region is away. */
export function outageTable(results: Results): string {
  const each = results.outages.flatMap((outage) => {
    const name = `${outage.sessions} visitors, ${outage.traffic}; ${percent(outage.elsewhere)} of them with objects elsewhere`;
    const rows = (["before", "first", "during", "after"] as const).map((when) => [
      when === "before" ? name : "",
      { before: "before", first: "its first tenth", during: "the rest", after: "two minutes after" }[when],
      ...outageCells(outage[when]),
    ]);
    return rows;
  });
  const head = [
    "",
    "while",
    "memory",
    "KV",
    "object",
    "Redis",
    "503",
    "calls in vain per request",
    "Redis commands per request",
    "journaled",
  ];
  const spared = results.outages.map(({ elsewhere, spared: share }) => (elsewhere > 0 ? percent(share) : undefined));
  const known = spared.filter((it) => it !== undefined).join(", ");
  const regional = whole(inRegion(results));
  return `${table(head, each)}\n\nRedis answered ${known} of the requests whose objects were there. The region has ${regional} stored sessions at the assumed size.`;
}

function outageCells({ perVisitor }: Stretch): string[] {
  const per = (name: Operation) => (perVisitor[name] ?? 0) / (perVisitor.request || 1);
  const shares = (["memory", "kv", "object", "redis"] as const).map((from) => percent(per(`answered by ${from}`)));
  return [
    ...shares,
    percent(per("failed")),
    short(per("object call in vain")),
    short(per("Redis command")),
    percent(per("journaled")),
  ];
}

/** How long the sweep takes after an outage. */
export function sweepTable(results: Results): string {
  const rows = results.sweeps.map((swept) => {
    const { pending, roundTripMs, perSweep, minutes, subrequests } = swept;
    return [
      String(roundTripMs),
      whole(pending),
      whole(sweptPerMinute(swept)),
      minutes === 0 ? `more than ${perSweep.length}` : short(minutes),
      whole(subrequests),
    ];
  });
  const outage = results.outages.find(({ traffic }) => traffic === "usual");
  const clearing = clearingHours(results);
  const told =
    outage && clearing !== undefined
      ? `\n\nAfter ${outage.outageSeconds} s without a region ${percent(outage.pending / outage.sessions)} of its visitors are noted, and ${percent(outage.pendingLater / outage.sessions)} two minutes later: at the assumed size ${whole((outage.pending / outage.sessions) * inRegion(results))}, which the slower sweep clears in ${short(clearing)} hours.`
      : "";
  return `${table(["ms to an object", "sessions with a journal", "taken over in a minute", "minutes until all", "calls of one sweep"], rows)}${told}`;
}

import { range, spread } from "../http/statistics.ts";
import { table } from "../table.ts";
import { RIVALS } from "./contestants.ts";
import { WORK_MS } from "./lost-updates.ts";
import type { PerRequest } from "./operations.ts";
import type { Outage } from "./outage.ts";
import type { RivalResult, RivalsResults } from "./rivals.ts";
import { YARDSTICKS } from "./speed.ts";

/** The results of the contestants, as Markdown. */
export function rivalsTables({ rate, load, speeds, contestants }: RivalsResults): string[] {
  const seconds = (ms: number) => `${ms / 1000} s`;
  return [
    `Speed; latencies in milliseconds at ${rate} requests/s, one in ten a change\n\n${speedTable(speeds)}`,
    `Calls to stores, per request\n\n${operationsTable(contestants)}`,
    `Changes of one session at once, each another item, the origin working ${WORK_MS} ms on each\n\n${atOnceTable(contestants)}`,
    `${load.rate} requests/s, one in four a change, failed after ${seconds(load.patienceMs)}; the part that is taken is gone for ${seconds(load.duringMs)}\n\n${outageTable(contestants)}`,
  ];
}

function speedTable(speeds: RivalsResults["speeds"]): string {
  const rows = speeds.map(({ name, speed }) => {
    const over = (kind: "reads" | "changes") =>
      YARDSTICKS.map((yardstick) => (yardstick === name ? "" : range(speed.over[yardstick][kind], 2)));
    return [
      RIVALS[name],
      range(speed.readsPerSecond, 0),
      ...over("reads"),
      range(speed.changesPerSecond, 0),
      ...over("changes"),
      range(speed.p50Ms, 1),
      range(speed.p99Ms, 1),
    ];
  });
  const over = ["over nginx's", "over @hono/session's on objects"];
  return table(["", "reads/s", ...over, "changes/s", ...over, "p50", "p99"], rows);
}

function operationsTable(contestants: readonly RivalResult[]): string {
  const rows = contestants.map(({ name, operations }) => [
    RIVALS[name],
    ...[operations.readAgain, operations.readAfterPause, operations.change].map(calls),
  ]);
  return table(["", "read within 5 s of another", "read after a pause", "change"], rows);
}

/** A script is one call, whatever it calls itself. */
function calls(perRequest: PerRequest): string {
  const has = Object.entries(perRequest);
  const scripts = has.filter(([name]) => /^Redis eval/.test(name));
  const sent = scripts.length === 0 ? has : [...has.filter(([name]) => !name.startsWith("Redis ")), ...scripts];
  return sent.map(([name, count]) => `${Number(count.toFixed(2))} ${name}`).join(", ") || "none";
}

function atOnceTable(contestants: readonly RivalResult[]): string {
  const rows = contestants.map(({ name, atOnce }) => {
    const sum = (of: "asked" | "acknowledged" | "lost") => String(atOnce.reduce((total, each) => total + each[of], 0));
    return [RIVALS[name], sum("asked"), sum("acknowledged"), sum("lost")];
  });
  return table(["", "asked for", "acknowledged", "of these lost"], rows);
}

function outageTable(contestants: readonly RivalResult[]): string {
  const rows = contestants.flatMap(({ name, originKilled, storesTaken }) => [
    outageRow(RIVALS[name], "an origin", originKilled),
    ...storesTaken.map(({ store, outages }) => outageRow(RIVALS[name], store, outages)),
  ]);
  const head = ["", "taken", "failed, of requests during it", "errors until, s", "errors after it, s"];
  return table([...head, "answers that lacked a change", "sessions lost", "acknowledged changes lost"], rows);
}

function outageRow(about: string, taken: string, outages: readonly Outage[]): string[] {
  const sum = (of: Exclude<keyof Outage, "failingMs" | "failingAfterMs">) =>
    outages.reduce((total, outage) => total + outage[of], 0);
  const seconds = (of: "failingMs" | "failingAfterMs") => range(spread(outages.map((outage) => outage[of] / 1000)), 1);
  return [
    about,
    taken,
    `${sum("failed")} of ${sum("requests")}`,
    seconds("failingMs"),
    seconds("failingAfterMs"),
    String(sum("forgotten")),
    `${sum("lostSessions")} of ${sum("visitors")}`,
    String(sum("lostChanges")),
  ];
}

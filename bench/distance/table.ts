import { range } from "../http/statistics.ts";
import { linesPlot } from "../lines.ts";
import { table } from "../table.ts";
import { CONTESTANTS, type ContestantName, type DistanceResults } from "./distance.ts";

const NAMES = Object.keys(CONTESTANTS) as ContestantName[];
const SHARES = { p50Ms: "p50", p99Ms: "p99" } as const;

/** The latencies as Markdown. */
export function distanceTable({ rate, distances }: DistanceResults): string {
  const rows = distances.flatMap(({ redisMs, reads }) =>
    NAMES.map((name) => {
      const { p50Ms, p99Ms } = reads[name];
      const over = [p50Ms.median / reads.nginx.p50Ms.median, p99Ms.median / reads.nginx.p99Ms.median];
      const compared = name === "nginx" ? ["", ""] : over.map((ratio) => ratio.toFixed(2));
      return [redisMs.toFixed(1), CONTESTANTS[name], range(p50Ms, 1), range(p99Ms, 1), ...compared];
    }),
  );
  const head = ["Redis is away, ms", `${rate} reads/s`, "p50, ms", "p99, ms", "p50 over nginx's", "p99 over nginx's"];
  return table(head, rows);
}

/** The latencies as a plot. */
export function distancePlot({ distances }: DistanceResults): string {
  const panels = Object.entries(SHARES).map(([share, title]) => ({
    title: `${title} of a read, ms`,
    axis: "round trip to Redis, ms",
    lines: NAMES.map((name) => ({
      name: CONTESTANTS[name].replaceAll("`", ""),
      points: distances.map(({ redisMs, reads }) => ({
        x: redisMs,
        y: reads[name][share as keyof typeof SHARES].median,
      })),
    })),
  }));
  return linesPlot("Reads while Redis is far away", panels);
}

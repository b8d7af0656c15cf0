/** How a request to the bridge ended. */
export type Outcome = "answered" | "refused" | "unavailable" | "busy" | "unauthorized" | "forbidden" | "malformed";

/** What the bridge counts, since it was started. */
export interface BridgeMetrics {
  count(outcome: Outcome, seconds: number): void;
  /** In Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
  text(now: { readonly inFlight: number; readonly thrownAway: number }): string;
}

const OUTCOMES: readonly Outcome[] = [
  "answered",
  "refused",
  "unavailable",
  "busy",
  "unauthorized",
  "forbidden",
  "malformed",
];
/** Upper bounds of the histogram, in seconds. Moor waits for a second. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

export function createBridgeMetrics(): BridgeMetrics {
  const counts = new Map<Outcome, number>(OUTCOMES.map((outcome) => [outcome, 0]));
  const within = BOUNDS.map(() => 0);
  let timed = 0;
  let sum = 0;

  return {
    count(outcome, seconds) {
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      if (outcome !== "answered") return;
      timed += 1;
      sum += seconds;
      for (const [index, bound] of BOUNDS.entries()) if (seconds <= bound) within[index] = (within[index] ?? 0) + 1;
    },
    text({ inFlight, thrownAway }) {
      const name = "moor_redis_bridge";
      return [
        `# HELP ${name}_requests_total Requests to the bridge, by their outcome.`,
        `# TYPE ${name}_requests_total counter`,
        ...OUTCOMES.map((outcome) => `${name}_requests_total{outcome="${outcome}"} ${counts.get(outcome)}`),
        `# HELP ${name}_request_seconds Time of answered requests.`,
        `# TYPE ${name}_request_seconds histogram`,
        ...BOUNDS.map((bound, index) => `${name}_request_seconds_bucket{le="${bound}"} ${within[index]}`),
        `${name}_request_seconds_bucket{le="+Inf"} ${timed}`,
        `${name}_request_seconds_sum ${sum}`,
        `${name}_request_seconds_count ${timed}`,
        `# HELP ${name}_requests_in_flight Requests that wait for Redis now.`,
        `# TYPE ${name}_requests_in_flight gauge`,
        `${name}_requests_in_flight ${inFlight}`,
        `# HELP ${name}_connections_thrown_away_total Times that all connections to Redis were thrown away after a late answer.`,
        `# TYPE ${name}_connections_thrown_away_total counter`,
        `${name}_connections_thrown_away_total ${thrownAway}`,
        "",
      ].join("\n");
    },
  };
}

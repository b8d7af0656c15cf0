/**
 * How an isolate detects from its own requests that an origin fails, in Envoy's words. An ejected origin gets no sessions until
 * it has answered again. Its sessions go to the next origin of their order, and no other session moves.
 */
export interface OutlierDetectionConfig {
  /**
   * An origin is ejected when this many clients have had a request lost by it and answered by another origin, since it last
   * answered. This count decides when the isolate's own checks tell nothing. An origin that does not answer a check either is
   * ejected at the first such client. Default 5; 1 to 1,000.
   */
  consecutiveGatewayFailure?: number;
  /**
   * If the origin meanwhile answers other clients, the clients of `consecutiveGatewayFailure` must also make up this percentage
   * of its requests in `intervalSeconds`. Default 10; 1 to 100.
   */
  failurePercentageThreshold?: number;
  /**
   * Consecutive server errors (5xx, or no answer) that eject an origin; 1 to 1,000. Default: never. Sessions stay with their
   * origins, so one visitor with a page that fails can cause all errors of their origin.
   */
  consecutive5xx?: number;
  /** Ejects origins that answer 5xx more often than the other origins do. Default: off; `{}` takes Envoy's numbers. */
  successRate?: SuccessRateConfig;
  /**
   * The interval over which shares and success rates are counted. It is also the time without trouble after which one ejection is
   * forgotten. Default 10; 1 to 3,600.
   */
  intervalSeconds?: number;
  /**
   * The duration of the first ejection. The second consecutive ejection lasts twice as long, and so on. Default 10; 1 to 3,600.
   */
  baseEjectionSeconds?: number;
  /**
   * The longest duration of an ejection. Default 300, or `baseEjectionSeconds` if that is more; from `baseEjectionSeconds` to
   * 86,400.
   */
  maxEjectionSeconds?: number;
  /** A random part of this time is added to each ejection, so that isolates do not all return at once. Default 2; 0 to 3,600. */
  maxEjectionJitterSeconds?: number;
  /**
   * The largest share of a pool's origins that may be ejected at once. One origin may always be ejected, unless this is 0.
   * Default 100; 0 to 100.
   */
  maxEjectionPercent?: number;
}

/** The rule by which an origin's success rate counts as an outlier. */
export interface SuccessRateConfig {
  /** How many origins must have had enough requests in an interval. Default 5; 2 to 1,000. */
  minimumHosts?: number;
  /** How many requests are enough. Default 100; 1 to 1,000,000. */
  requestVolume?: number;
  /** How far below the mean an outlier lies, in thousandths of the standard deviation. Default 1,900; 0 to 100,000. */
  stdevFactor?: number;
}

/**
 * How the Durable Object of a pool probes its origins, in Envoy's words, whether visitors use them or not. An unhealthy origin
 * gets no sessions until it is healthy again. Its sessions go to the next origin of their order, and no other session moves. The
 * object probes while the pool has visitors, and for ten minutes after that.
 */
export interface HealthCheckConfig {
  /** The path that a probe requests by GET below the origin's `url`, with a query if needed. Redirects are not followed. */
  path: string;
  /** The statuses of a healthy origin: ranges, each from `start` (100 at least) to below `end` (600 at most). Default: 200. */
  expectedStatuses?: { start: number; end: number }[];
  /** A text that the first 16 KiB of the response's body must contain, 1 to 1,024 characters. Default: the body is not read. */
  expectedBody?: string;
  /**
   * The time between probes of an origin. Up to a tenth is added, so that pools do not all probe at once. Default 10; 1 to 300.
   */
  intervalSeconds?: number;
  /** The time between probes of an unhealthy origin. Default `intervalSeconds`; 1 to 300. */
  unhealthyIntervalSeconds?: number;
  /**
   * How long a probe may take, its body included, in milliseconds. Default 5,000, or the shorter interval if that is less; from
   * 10 to 60,000, and at most that interval.
   */
  timeoutMs?: number;
  /** Consecutive probes that must pass before an unhealthy origin is healthy. Default 2; 1 to 100. */
  healthyThreshold?: number;
  /** Consecutive probes that must fail before an origin is unhealthy. Default 3; 1 to 100. */
  unhealthyThreshold?: number;
}

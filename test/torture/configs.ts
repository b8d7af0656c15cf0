import type { Shape } from "./arbitrary.ts";
import { expressOnRedis } from "./baselines/express-redis.ts";
import { wholeRecordOnKv } from "./baselines/whole-record.ts";
import type { Terms } from "./judge/verdict.ts";
import { configurations } from "./moor/configurations.ts";
import { moorKind } from "./moor/subject.ts";
import type { SubjectKind } from "./subject.ts";

/** A subject, what it is put through, and what it is held to. */
export interface Config {
  readonly name: string;
  readonly about: string;
  /** Whether a violation is a failure; otherwise they are only counted. */
  readonly promises: boolean;
  readonly shape: Shape;
  readonly terms: Terms;
  start(): Promise<SubjectKind>;
}

/** How long a response may take to its client. */
const SETTLE_MS = 5_000;

/** What all subjects can do: read, change, end; nothing fails and nobody but the visitors acts. */
const COMMON: Shape = {
  steps: { least: 2, most: 24 },
  browsers: 1,
  asks: { read: 5, add: 4, set: 3, remove: 1, login: 0, rotate: 0, end: 1 },
  incidents: { admin: 0, copy: 0, crash: 0, fault: 0 },
  failing: [],
  jumpsMs: [],
  downMs: SETTLE_MS - 200,
};

/** Without timeouts and generations. */
const ENDLESS: Terms = {
  idleMs: Number.POSITIVE_INFINITY,
  firstIdleMs: Number.POSITIVE_INFINITY,
  absoluteMs: Number.POSITIVE_INFINITY,
  touchEveryMs: 0,
  graceMs: 0,
  slackMs: 2_500,
  othersMs: 180_000,
};

/** Everything fails that can fail, and others than the visitors act. Generations are not judged yet. */
const FAILING: Shape = {
  ...COMMON,
  browsers: 2,
  incidents: { admin: 1, copy: 0, crash: 1, fault: 6 },
  failing: ["object", "kv", "redis"],
};

/** Those of Moor's default timeouts. */
const TERMS: Terms = {
  idleMs: 43_200_000,
  firstIdleMs: 1_800_000,
  absoluteMs: 604_800_000,
  touchEveryMs: 4_320_000,
  graceMs: 30_000,
  slackMs: 2_500,
  othersMs: 260_000,
};

/** Every configuration by its name. */
export const CONFIGS: readonly Config[] = [
  {
    name: "whole-record",
    about: "a session read, changed and put back whole in KV, the last writer wins",
    promises: false,
    shape: COMMON,
    terms: ENDLESS,
    start: async () => wholeRecordOnKv,
  },
  {
    name: "express-redis",
    about: "express-session with connect-redis, on a real Redis",
    promises: false,
    shape: COMMON,
    terms: ENDLESS,
    start: expressOnRedis,
  },
  ...Object.entries(configurations).map(([name, configuration]) => ({
    name: `moor-${name}`,
    about: "Moor, as it is deployed",
    promises: true,
    shape: FAILING,
    terms: TERMS,
    start: async () => moorKind(configuration),
  })),
];

import { CHANGE_LIFE_SECONDS } from "../../src/session/change.ts";
import type { Shape } from "./arbitrary.ts";
import { expressOnRedis } from "./baselines/express-redis.ts";
import { singleCookie } from "./baselines/single-cookie.ts";
import { wholeRecordOnKv } from "./baselines/whole-record.ts";
import type { Terms } from "./judge/verdict.ts";
import { type Configuration, configurations } from "./moor/configurations.ts";
import { moorKind } from "./moor/subject.ts";
import type { SubjectKind } from "./subject.ts";

/** A subject, the schedules that it goes through, and the terms that it must keep. */
export interface Config {
  readonly name: string;
  readonly about: string;
  /** Whether a violation is a failure. Otherwise violations are only counted. */
  readonly promises: boolean;
  readonly shape: Shape;
  readonly terms: Terms;
  start(): Promise<SubjectKind>;
}

/** How long a response may take to its client. */
const SETTLE_MS = 5_000;

/** The requests that all subjects serve: reads, changes, ends. Nothing fails, and only visitors act. */
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
  parallelMs: 0,
  backupMayLag: false,
  slackMs: 2_500,
  lateMs: Number.POSITIVE_INFINITY,
  othersMs: 180_000,
};

/** Everything fails that can fail, visitors log in, and admins and thieves act as well. */
const FAILING: Shape = {
  ...COMMON,
  browsers: 2,
  asks: { read: 6, add: 4, set: 3, remove: 1, login: 2, rotate: 1, end: 1 },
  incidents: { admin: 1, copy: 1, crash: 1, fault: 6 },
  failing: ["object", "kv", "redis"],
};

/** Two browsers share tokens, and the second recalls cookies that it has held before. Nothing fails. */
const ATTACKED: Shape = {
  ...COMMON,
  steps: { least: 4, most: 24 },
  browsers: 2,
  asks: { read: 8, add: 5, set: 1, remove: 0, login: 0, rotate: 1, "sign-in": 4, end: 1 },
  incidents: { admin: 0, copy: 4, crash: 0, fault: 0, recall: 4 },
  locations: ["ams"],
};

/** The two browsers also leave a flash now and then. */
const ATTACKED_WITH_FLASH: Shape = { ...ATTACKED, asks: { ...ATTACKED.asks, flash: 3 } };

/** The two browsers, while everything fails that can fail. */
const ATTACKED_WHILE_FAILING: Shape = {
  ...FAILING,
  asks: ATTACKED_WITH_FLASH.asks,
  incidents: { ...FAILING.incidents, copy: ATTACKED.incidents.copy, recall: 4 },
};

/** Visitors arrive with cookies of an old application, and thieves copy these cookies, or all cookies. */
const ADOPTED: Shape = {
  ...ATTACKED,
  incidents: { ...ATTACKED.incidents, copy: 2, recall: 2, "old-login": 4, "old-copy": 4 },
};

/** A single person with parallel tabs, and with slow and lost responses. Nothing fails. */
const PARALLEL: Shape = {
  ...ATTACKED,
  browsers: 1,
  asks: { read: 8, add: 6, set: 0, remove: 0, login: 0, rotate: 1, "sign-in": 2, end: 0 },
  incidents: { admin: 0, copy: 0, crash: 0, fault: 0 },
};

/**
 * The store of the authority comes back with older data now and then. One browser sends one request after the other, so its token always
 * tells the newest version.
 */
const SET_BACK: Shape = {
  ...COMMON,
  asks: { read: 6, add: 6, set: 2, remove: 1, login: 0, rotate: 1, "sign-in": 1, end: 0 },
  incidents: { admin: 0, copy: 0, crash: 1, fault: 0, "authority-set-back": 4 },
  arrives: true,
  times: {
    after: [
      [6, 1_000, 4_000],
      [6, 4_000, 30_000],
    ],
    up: [[1, 5, 80]],
    origin: [[1, 1, 50]],
    down: [[1, 5, 80]],
  },
};

/** As {@link SET_BACK}, and sessions end. An end must outlive a failover, because no token bears witness of it. */
const FAILED_OVER: Shape = { ...SET_BACK, asks: { ...SET_BACK.asks, end: 2 } };

/** One person with parallel tabs. The store of ends fails, and isolates are lost. A flash may be shown twice, so no response leaves one. */
const IN_COOKIES: Shape = {
  ...COMMON,
  asks: { read: 6, add: 6, set: 3, remove: 1, login: 0, rotate: 0, end: 1 },
  incidents: { admin: 0, copy: 0, crash: 1, fault: 2 },
  failing: ["kv"],
};

/** The terms that Moor promises in a configuration. */
function termsOf(configuration: Configuration): Terms {
  const { session, stores } = configuration;
  // Where nothing fails, no copy is shown for longer than memory keeps it.
  const isCalm = shapeFor(configuration).failing.length === 0;
  const { idleSeconds, firstIdleSeconds, absoluteSeconds, graceSeconds } = session;
  return {
    idleMs: idleSeconds * 1000,
    firstIdleMs: firstIdleSeconds * 1000,
    absoluteMs: absoluteSeconds * 1000,
    touchEveryMs: idleSeconds * 100,
    graceMs: graceSeconds * 1000,
    parallelMs: 15_000,
    backupMayLag: !configuration.inCookies && (stores.backup !== "sync" || !stores.strictBackup),
    slackMs: 2_500,
    lateMs: CHANGE_LIFE_SECONDS * 1000 + 2_500,
    othersMs: isCalm ? 9_000 : 260_000,
    ...(configuration.inCookies ? { acknowledgedByArrival: true } : {}),
    ...(configuration.onRows === "redis-wait" ? { keepsAcknowledged: true } : {}),
  };
}

function shapeFor(configuration: Configuration): Shape {
  switch (configuration.played) {
    case "adopted":
      return ADOPTED;
    case "in-cookies":
      return IN_COOKIES;
    case "attacked":
      return ATTACKED;
    case "attacked-with-flash":
      return ATTACKED_WITH_FLASH;
    case "attacked-while-failing":
      return ATTACKED_WHILE_FAILING;
    case "parallel":
      return PARALLEL;
    case "set-back":
      return SET_BACK;
    case "failed-over":
      return FAILED_OVER;
    default:
      return failingShapeFor(configuration);
  }
}

/** Pauses in which a timeout may pass, if a timeout is shorter than an hour. */
function failingShapeFor({ session, setsBack }: Configuration): Shape {
  const timeouts = [session.firstIdleSeconds, session.idleSeconds, session.absoluteSeconds].filter((s) => s < 3_600);
  const jumpsMs = timeouts.length < 2 ? [] : timeouts.map((s) => ({ min: s * 700, max: s * 1_100 }));
  const incidents = setsBack ? { ...FAILING.incidents, "set-back": 5 } : FAILING.incidents;
  return { ...FAILING, incidents, ofOperations: setsBack === true, jumpsMs };
}

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
  {
    name: "single-cookie",
    about: "a session in one cookie, the last response wins, as in iron-session, Rails and Flask",
    promises: false,
    shape: COMMON,
    terms: { ...ENDLESS, acknowledgedByArrival: true },
    start: async () => singleCookie,
  },
  {
    name: "moor-calm",
    about: "Moor, put through the same as the two above",
    promises: true,
    shape: COMMON,
    terms: termsOf(configurations.sync),
    start: async () => moorKind(configurations.sync),
  },
  ...Object.entries<Configuration>(configurations).map(([name, configuration]) => ({
    name: `moor-${name}`,
    about: "Moor, as it is deployed",
    promises: true,
    shape: shapeFor(configuration),
    terms: termsOf(configuration),
    start: async () => moorKind(configuration),
  })),
  {
    name: "moor-rows-set-back-parallel",
    about: "Moor, where its store is set back while visitors use several tabs and operators act",
    promises: false,
    shape: { ...FAILING, incidents: { ...FAILING.incidents, "authority-set-back": 4 } },
    terms: termsOf(configurations["rows-set-back"]),
    start: async () => moorKind(configurations["rows-set-back"]),
  },
  {
    name: "moor-late",
    about: "Moor, beyond what it assumes: responses take up to half a minute",
    promises: false,
    shape: { ...FAILING, downMs: 30_000 },
    terms: termsOf(configurations["sync-always"]),
    start: async () => moorKind(configurations["sync-always"]),
  },
];

import type { MoorConfig } from "../../src/config/types.ts";
import { MEMORY_AGE_MS } from "../../src/session/freshness.ts";
import type { RedisAccess } from "../../test/support/node/workerd-config.ts";
import type { Surroundings } from "../http/surroundings.ts";
import { requestText, returningVisitors } from "../http/visitors.ts";
import { type RunningWorker, type StartOptions, startMoor, startWorker } from "../http/workerd.ts";

/** The contestants, each with a description. */
export const FIELD = {
  passThrough: "a bare pass-through Worker",
  rules: "a Worker that does what Moor's rules ask of any request, and knows no session",
  cleanRead: "Moor: returning clean read",
  anonymous: "Moor: anonymous visitor, first time",
  objectCall: "a pass-through with one Durable Object call",
  strictRead: "Moor: strict read",
  objectWrite: "a pass-through with one Durable Object write",
  objectPost: "a pass-through with one Durable Object write, and a post to Redis",
  objectBackup: "a pass-through with one Durable Object write, and a backup by Moor's rules",
  change: "Moor: change",
  backedUpChange: "Moor: change with async backup",
} as const;

export type ContestantName = keyof typeof FIELD;

/** A contestant that runs. */
export interface Running {
  readonly worker: RunningWorker;
  /** Sent in turn. */
  readonly requests: readonly string[];
  /** A request for each of {@link requests}, sent before their slice, which does not count. Default: none. */
  readonly before?: readonly string[];
  /** How many requests are counted at once. */
  readonly perSlice: number;
  /** The longest time that a slice may last, in milliseconds, with the requests before it. Default: any time. */
  readonly withinMs?: number;
  /** The ports that the requests go to in turn. Default: that of the Worker. */
  readonly ports?: readonly number[];
  /** How long the work goes on that a request leaves behind. */
  readonly settleMs: number;
}

/** The contestants that need a Redis. */
export const WITH_REDIS: readonly ContestantName[] = ["objectPost", "objectBackup", "backedUpChange"];

const PAGE = "/catalog/shoes?page=2";
const STRICT_PAGE = `/strict${PAGE}`;
const CHANGE = "/patch/visits/64";
const RECORD_BYTES = 512;
/**
 * Reads are of one session. Changes go round these sessions. Fewer would each make many changes within eight seconds, and their records
 * remember all of these. With more, a session would rest for more than one slice and a half: an object that rests for ten seconds is
 * evicted, and its eviction and its next start would count.
 */
const CHANGED_SESSIONS = 15;
/** A slice ends within the five seconds for which memory answers, on a busy machine, too. */
const READS = 25;
/** An object that rests for ten seconds is evicted, and the constructor of the object that takes its place would count. */
const WRITES_WITHIN_MS = 3_000;
const CHANGES = 10;
/** A backup takes a twentieth of a second under valgrind, if the machine is not busy. */
const BACKUP_SETTLE_MS = 300;
const SETTLE_MS = 50;

/** Starts a contestant, in front of the origin. */
export async function start(name: ContestantName, around: Surroundings, options: StartOptions): Promise<Running> {
  const { built, origin } = around;
  const worker = async (file: string, requests: readonly string[], texts = {}): Promise<Running> => ({
    worker: await startWorker(file, origin, { ...options, texts }),
    requests,
    perSlice: READS,
    settleMs: SETTLE_MS,
  });
  const moor = async (
    sessions: number,
    requestsOf: (cookies: string[]) => Pick<Running, "requests" | "perSlice" | "before" | "withinMs">,
  ) => {
    const redis = name === "backedUpChange" ? around.redis : undefined;
    const files = { worker: built.moor, platform: built.platform };
    const worker = await startMoor(files, configOf(origin, redis ? "async" : "off"), { ...options, redis });
    const settleMs = redis ? BACKUP_SETTLE_MS : SETTLE_MS;
    return { worker, settleMs, ...requestsOf(await returningVisitors(worker.port, sessions, RECORD_BYTES)) };
  };
  // A visitor reads before they change. The strict read leaves a new copy in memory, which the change finds. It goes to another pool,
  // so that the handoff of the new version is signed with the change.
  const changes = (cookies: string[]) => ({
    requests: cookies.map((cookie) => post(CHANGE, cookie)),
    perSlice: CHANGES,
    before: cookies.map((cookie) => requestText(`/elsewhere${PAGE}`, { cookie })),
    withinMs: MEMORY_AGE_MS,
  });
  const backedUpWrites = async (parameter: string): Promise<Running> => {
    const { url, token } = around.redis as RedisAccess;
    const running = await worker(built.objectBackup, writes(parameter), { REDIS_URL: url, REDIS_TOKEN: token });
    return { ...running, perSlice: CHANGES, withinMs: WRITES_WITHIN_MS, settleMs: BACKUP_SETTLE_MS };
  };
  switch (name) {
    case "passThrough":
      return worker(built.passThrough, [requestText(PAGE, { cookie: COOKIE })]);
    case "rules":
      return worker(built.rules, [requestText(PAGE, { cookie: COOKIE })]);
    case "objectCall":
      return worker(built.objectCall, [requestText(`${PAGE}&session=0`, { cookie: COOKIE })]);
    case "objectWrite":
      return { ...(await worker(built.objectCall, writes("session"))), withinMs: WRITES_WITHIN_MS };
    case "objectPost":
      return backedUpWrites("session");
    case "objectBackup":
      return backedUpWrites("rules");
    case "anonymous":
      return moor(0, () => ({ requests: [requestText(PAGE)], perSlice: READS }));
    case "cleanRead":
      // A strict read before them renews the copy in memory, which then answers the counted reads for five seconds.
      return moor(1, ([cookie]) => ({
        requests: [requestText(PAGE, { cookie })],
        perSlice: READS,
        before: [requestText(STRICT_PAGE, { cookie })],
        withinMs: MEMORY_AGE_MS,
      }));
    case "strictRead":
      return moor(1, ([cookie]) => ({ requests: [requestText(STRICT_PAGE, { cookie })], perSlice: READS }));
    case "change":
    case "backedUpChange":
      return moor(CHANGED_SESSIONS, changes);
  }
}

/** As long as the cookie of a session. */
const COOKIE = `__Host-moor=${"A".repeat(84)}`;

function writes(parameter: string): string[] {
  return Array.from({ length: CHANGED_SESSIONS }, (_, index) => post(`${CHANGE}?${parameter}=${index}`, COOKIE));
}

function post(target: string, cookie: string): string {
  return requestText(target, { method: "POST", cookie });
}

/** Three origins, because affinity has a choice then; all of them are the same server. */
function configOf(origin: string, backup: "off" | "async"): MoorConfig {
  const origins = ["a", "b", "c"].map((id) => ({ id, url: origin }));
  return {
    pools: ["shop", "elsewhere"].map((id) => ({ id, origins })),
    routes: [
      { path: "/elsewhere/*", pool: "elsewhere", freshness: "strict" },
      { path: "/strict/*", pool: "shop", freshness: "strict" },
      { path: "/*", pool: "shop" },
    ],
    stores: { replicate: "off", backup },
  };
}

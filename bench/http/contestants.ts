import type { MoorConfig } from "../../src/config/types.ts";
import type { Contestant } from "./rounds.ts";
import type { Surroundings } from "./surroundings.ts";
import { requestText, returningVisitors } from "./visitors.ts";
import { type RunningWorker, startMoor, startWorker } from "./workerd.ts";

/** The built Workers, a file each. */
export interface Built {
  readonly moor: string;
  readonly platform: string;
  readonly passThrough: string;
  readonly rules: string;
  readonly sessionRules: string;
  readonly objectCall: string;
  readonly objectBackup: string;
}

/** How many sessions there are, and how much each holds. */
export interface Shape {
  readonly sessions: number;
  readonly recordBytes: number;
  /** Whether responses are of 1 MiB. Default `false`: of 1 KiB. */
  readonly large?: boolean;
}

/** Contestants that run. */
export interface Field {
  readonly contestants: readonly Contestant[];
  stop(): Promise<void>;
}

/** The Workers that contestants need, a process each. */
type WorkerName = "passThrough" | "rules" | "sessionRules" | "objectCall" | "moor" | "moorAsync" | "moorSync";

/** The contestants, each with a description, the contestant that it is compared with, and its Worker. */
export const FIELD = {
  passThrough: { about: "a bare pass-through Worker: the limit", against: "passThrough", worker: "passThrough" },
  rules: {
    about: "a Worker that does what Moor's rules ask of any request, and knows no session",
    against: "passThrough",
    worker: "rules",
  },
  objectCall: {
    about: "a pass-through that makes one Durable Object call, and nothing else",
    against: "passThrough",
    worker: "objectCall",
  },
  asset: { about: "ignored asset", against: "passThrough", worker: "moor" },
  cleanRead: { about: "returning clean read", against: "passThrough", worker: "moor" },
  anonymous: { about: "anonymous visitor, first time", against: "passThrough", worker: "moor" },
  strictRead: { about: "strict read", against: "objectCall", worker: "moor" },
  objectWrite: {
    about: "a pass-through that has one Durable Object write, and nothing else",
    against: "passThrough",
    worker: "objectCall",
  },
  change: { about: "change", against: "objectWrite", worker: "moor" },
  changeAsync: { about: "change with async backup", against: "objectWrite", worker: "moorAsync" },
  changeSync: { about: "change with sync backup", against: "objectWrite", worker: "moorSync" },
  firstByRules: {
    about: "a Worker that does what Moor's rules ask of a first visit",
    against: "passThrough",
    worker: "sessionRules",
  },
  strictByRules: {
    about: "a Worker that does what Moor's rules ask of a strict read",
    against: "objectCall",
    worker: "sessionRules",
  },
  changeByRules: {
    about: "a Worker that does what Moor's rules ask of a change",
    against: "objectWrite",
    worker: "sessionRules",
  },
} as const satisfies Record<string, { about: string; against: string; worker: WorkerName }>;

export type ContestantName = keyof typeof FIELD;

/** The contestants that are measured in CPU alone. */
const IN_CPU_ALONE: readonly ContestantName[] = ["firstByRules", "strictByRules", "changeByRules"];
/** The others. */
const IN_ALL = (Object.keys(FIELD) as ContestantName[]).filter((name) => !IN_CPU_ALONE.includes(name));

/** Starts contestants. Those of the same Worker share a process. */
export async function startField(
  { built, origin, redis }: Surroundings,
  shape: Shape,
  names: readonly ContestantName[] = IN_ALL,
): Promise<Field> {
  const files = { worker: built.moor, platform: built.platform };
  const moor = (backup: "off" | "async" | "sync") =>
    startMoor(files, moorConfig(origin, backup), { ...(redis && { redis }) });
  const starts: Record<WorkerName, () => Promise<RunningWorker>> = {
    passThrough: () => startWorker(built.passThrough, origin),
    rules: () => startWorker(built.rules, origin),
    sessionRules: () => startWorker(built.sessionRules, origin),
    objectCall: () => startWorker(built.objectCall, origin),
    moor: () => moor("off"),
    moorAsync: () => moor("async"),
    moorSync: () => moor("sync"),
  };
  const workers = new Map<WorkerName, RunningWorker>();
  const visitors = new Map<string, readonly (string | undefined)[]>();
  const contestants: Contestant[] = [];
  for (const name of names) {
    const { worker: needed } = FIELD[name];
    if (BACKED_UP.includes(needed) && !redis) continue;
    const worker = workers.get(needed) ?? (await starts[needed]());
    workers.set(needed, worker);
    const { port, pid } = worker;
    const { of, requests } = visit(name, shape);
    const crowd = `${of} of ${needed}`;
    const cookies = visitors.get(crowd) ?? (await crowds[of](port, shape));
    visitors.set(crowd, cookies);
    contestants.push({ name, port, pid, requests: cookies.map(requests), isSettled: of === "readers" });
  }
  return {
    contestants,
    async stop() {
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    },
  };
}

const BACKED_UP: readonly WorkerName[] = ["moorAsync", "moorSync"];

type Crowd = "readers" | "changers" | "strangers" | "newcomers";

type MakeCookies = (port: number, shape: Shape) => Promise<readonly (string | undefined)[]>;

const returning: MakeCookies = (port, { sessions, recordBytes }) => returningVisitors(port, sessions, recordBytes);

/** Makes the cookies of visitors. */
const crowds: Record<Crowd, MakeCookies> = {
  /** Visitors whose sessions do not change. The load takes no cookies, so after a change each read would renew the token. */
  readers: returning,
  changers: returning,
  /** Visitors of Workers that know no session; their cookies are as long as those of the others. */
  strangers: async (_, { sessions }) =>
    Array.from({ length: sessions }, (_, index) => `__Host-moor=${String(index).padStart(84, "A")}`),
  newcomers: async () => [undefined],
};

/** The visitors of a contestant, and the request of each. */
function visit(
  name: ContestantName,
  { large = false }: Shape,
): { of: Crowd; requests: (cookie: string | undefined, session: number) => string } {
  const page = large ? "/large" : "/catalog/shoes?page=2";
  const get = (target: string) => (cookie?: string) => requestText(target, { cookie });
  const post = (target: string) => (cookie?: string) => requestText(target, { method: "POST", cookie });
  switch (name) {
    case "passThrough":
    case "rules":
      return { of: "strangers", requests: get(page) };
    case "objectCall":
      return { of: "strangers", requests: (cookie, session) => get(`${page}&session=${session}`)(cookie) };
    case "objectWrite":
      return { of: "strangers", requests: (cookie, session) => post(`${CHANGE}?session=${session}`)(cookie) };
    case "firstByRules":
      return { of: "newcomers", requests: get("/catalog/shoes?first&page=2") };
    case "strictByRules":
      return { of: "strangers", requests: (cookie, session) => get(`/catalog/shoes?strict=${session}`)(cookie) };
    case "changeByRules":
      return { of: "strangers", requests: (cookie, session) => post(`${CHANGE}?change=${session}`)(cookie) };
    case "asset":
      return { of: "readers", requests: get("/assets/style.css") };
    case "cleanRead":
      return { of: "readers", requests: get(page) };
    case "anonymous":
      return { of: "newcomers", requests: get(page) };
    case "strictRead":
      return { of: "readers", requests: get(`/strict${page}`) };
    case "change":
    case "changeAsync":
    case "changeSync":
      return { of: "changers", requests: post(CHANGE) };
  }
}

const CHANGE = "/patch/visits/64";

/** Three origins, as affinity has something to choose then; all of them are the same server. */
function moorConfig(origin: string, backup: "off" | "async" | "sync"): MoorConfig {
  return {
    pools: [{ id: "shop", origins: ["a", "b", "c"].map((id) => ({ id, url: origin })) }],
    routes: [
      { path: "/assets/*", pool: "shop", session: false },
      { path: "/strict/*", pool: "shop", freshness: "strict" },
      { path: "/*", pool: "shop" },
    ],
    stores: { replicate: "off", backup },
  };
}

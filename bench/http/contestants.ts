import type { MoorConfig } from "../../src/config/types.ts";
import type { RedisAccess } from "../../test/support/node/workerd-config.ts";
import type { Contestant } from "./rounds.ts";
import { requestText, returningVisitors } from "./visitors.ts";
import { type RunningWorker, startMoor, startWorker } from "./workerd.ts";

/** The built Workers, a file each. */
export interface Built {
  readonly moor: string;
  readonly platform: string;
  readonly passThrough: string;
  readonly rules: string;
  readonly objectCall: string;
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

/** The contestants, each with a description and the contestant that it is compared with. */
export const FIELD = {
  passThrough: { about: "a bare pass-through Worker: the limit", against: "passThrough" },
  rules: {
    about: "a Worker that does what Moor's rules ask of any request, and knows no session",
    against: "passThrough",
  },
  objectCall: { about: "a pass-through that makes one Durable Object call, and nothing else", against: "passThrough" },
  asset: { about: "ignored asset", against: "passThrough" },
  cleanRead: { about: "returning clean read", against: "passThrough" },
  anonymous: { about: "anonymous visitor, first time", against: "passThrough" },
  strictRead: { about: "strict read", against: "objectCall" },
  objectWrite: { about: "a pass-through that has one Durable Object write, and nothing else", against: "passThrough" },
  change: { about: "change", against: "objectWrite" },
  changeAsync: { about: "change with async backup", against: "objectWrite" },
  changeSync: { about: "change with sync backup", against: "objectWrite" },
} as const satisfies Record<string, { about: string; against: string }>;

export type ContestantName = keyof typeof FIELD;

/** The ratios of CPU that have a goal, each with the contestants whose CPU it compares. */
export const CPU_RATIOS = {
  cleanReadOverRulesCpu: ["cleanRead", "rules"],
  anonymousOverPassThroughCpu: ["anonymous", "passThrough"],
  strictOverObjectCallCpu: ["strictRead", "objectCall"],
  changeOverObjectWriteCpu: ["change", "objectWrite"],
  backedUpChangeOverChangeCpu: ["changeAsync", "change"],
} as const satisfies Record<string, readonly [ContestantName, ContestantName]>;

export type CpuRatioName = keyof typeof CPU_RATIOS;

/**
 * Starts all contestants in front of an origin.
 *
 * @param redis without it nothing is measured with backups.
 */
export async function startField(
  built: Built,
  origin: string,
  redis: RedisAccess | undefined,
  shape: Shape,
): Promise<Field> {
  const files = { worker: built.moor, platform: built.platform };
  const moor = await startMoor(files, moorConfig(origin, "off"));
  const [behind, before] = redis
    ? [
        await startMoor(files, moorConfig(origin, "async"), { redis }),
        await startMoor(files, moorConfig(origin, "sync"), { redis }),
      ]
    : [];
  const passThrough = await startWorker(built.passThrough, origin);
  const rules = await startWorker(built.rules, origin);
  const objectCall = await startWorker(built.objectCall, origin);
  const { sessions, recordBytes, large = false } = shape;
  const [cookies = [], behindCookies = [], beforeCookies = []] = await Promise.all(
    [moor, behind, before].map((site) => site && returningVisitors(site.port, sessions, recordBytes)),
  );
  const page = large ? "/large" : "/catalog/shoes?page=2";
  const each = (to: (cookie: string, index: number) => string, of = cookies) => of.map(to);
  const change = (cookie: string) => requestText("/patch/visits/64", { method: "POST", cookie });
  const field: [ContestantName, RunningWorker | undefined, string[]][] = [
    ["passThrough", passThrough, each((cookie) => requestText(page, { cookie }))],
    ["rules", rules, each((cookie) => requestText(page, { cookie }))],
    ["objectCall", objectCall, each((cookie, index) => requestText(`${page}&session=${index}`, { cookie }))],
    ["asset", moor, each((cookie) => requestText("/assets/style.css", { cookie }))],
    ["cleanRead", moor, each((cookie) => requestText(page, { cookie }))],
    ["anonymous", moor, [requestText(page)]],
    ["strictRead", moor, each((cookie) => requestText(`/strict${page}`, { cookie }))],
    [
      "objectWrite",
      objectCall,
      each((cookie, index) => requestText(`/patch/visits/64?session=${index}`, { method: "POST", cookie })),
    ],
    ["change", moor, each(change)],
    ["changeAsync", behind, each(change, behindCookies)],
    ["changeSync", before, each(change, beforeCookies)],
  ];
  return {
    contestants: field.flatMap(([name, worker, requests]) =>
      worker ? [{ name, port: worker.port, pid: worker.pid, requests }] : [],
    ),
    async stop() {
      await Promise.all([moor, behind, before, passThrough, rules, objectCall].map((worker) => worker?.stop()));
    },
  };
}

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

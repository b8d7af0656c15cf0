import type { PoolConfig } from "../../src/config/pool-types.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { MEMORY_AGE_MS } from "../../src/session/freshness.ts";
import { freePort } from "../../test/support/node/ports.ts";
import type { Surroundings } from "../http/surroundings.ts";
import { requestText, returningVisitors } from "../http/visitors.ts";
import { type StartOptions, startMoor, startWorker } from "../http/workerd.ts";
import type { Running } from "../instructions/contestants.ts";

/** A quantity that a site has more or less of. */
export interface Curve {
  readonly title: string;
  /** The name of the quantity, with its unit. */
  readonly axis: string;
  readonly sizes: readonly number[];
  readonly lines: readonly { readonly name: string; readonly of: (size: number) => Visit }[];
}

/** A kind of request to a site. */
export interface Visit {
  readonly kind: "clean read" | "strict read" | "change" | "pass-through";
  readonly config?: Partial<MoorConfig> & { readonly pool?: Partial<PoolConfig> };
  /** Default: a page with two headers. */
  readonly page?: string;
  /** Routes before the route that matches. Default 0. */
  readonly otherRoutes?: number;
  /** Default 3. */
  readonly origins?: number;
  /** Of the session's attributes. Default 512. */
  readonly attributeBytes?: number;
  /** Of the application's own cookies. Default: those of a browser of the bench. */
  readonly cookieBytes?: number;
  /** Isolates that answer in turn. The visit begins with memories that are too old, unless it is 1. Default 1. */
  readonly isolates?: number;
}

/** A visitor's pages within the five seconds for which memory answers. */
export const PAGES_PER_VISIT = 25;
const CHANGES = 10;
/** More sessions than {@link CHANGES} need none twice in a slice. Each change follows the settling of the one before. */
const CHANGED_SESSIONS = 25;
const SETTLE_MS = 50;
/** As long as the cookie of a session. */
const TOKEN = `__Host-moor=${"A".repeat(84)}`;
const PAGE = "/catalog/shoes?page=2";

const reads = (of: (size: number) => Omit<Visit, "kind">): Curve["lines"] => [
  { name: "clean read", of: (size) => ({ kind: "clean read", ...of(size) }) },
];

/** How a request's cost may grow. */
export const CURVES: readonly Curve[] = [
  {
    title: "Routes",
    axis: "routes before the matching route",
    sizes: [1, 10, 100, 1_000],
    lines: reads((otherRoutes) => ({ otherRoutes })),
  },
  {
    title: "Origins",
    axis: "origins of the pool",
    sizes: [3, 10, 100, 1_000],
    lines: [
      ...reads((origins) => ({ origins })),
      {
        name: "clean read, maglev",
        of: (origins) => ({ kind: "clean read", origins, config: { pool: { affinity: { algorithm: "maglev" } } } }),
      },
    ],
  },
  {
    title: "Attributes",
    axis: "bytes of the session's attributes",
    sizes: [64, 4_096, 16_384, 60_000],
    lines: (["clean read", "strict read", "change"] as const).map((kind) => ({
      name: kind,
      of: (attributeBytes) => ({ kind, attributeBytes }),
    })),
  },
  {
    title: "Cookies",
    axis: "bytes of the application's cookies",
    sizes: [0, 2_048, 4_096, 8_192],
    lines: [
      ...reads((cookieBytes) => ({ cookieBytes })),
      { name: "a bare pass-through Worker", of: (cookieBytes) => ({ kind: "pass-through", cookieBytes }) },
    ],
  },
  {
    title: "Isolates",
    axis: `isolates that share a visit of ${PAGES_PER_VISIT} pages`,
    sizes: [1, 2, 4, 8],
    lines: [{ name: "read", of: (isolates) => ({ kind: "clean read", isolates }) }],
  },
];

/** Starts a site, and makes the visitors of a visit. */
export async function startVisit(visit: Visit, around: Surroundings, options: StartOptions): Promise<Running> {
  const { built, origin } = around;
  const { kind, page = PAGE, isolates = 1, attributeBytes = 512, cookieBytes } = visit;
  if (kind === "pass-through") {
    const worker = await startWorker(built.passThrough, origin, options);
    const requests = [requestText(page, { cookie: `${TOKEN}; ${cookiesOf(cookieBytes ?? 0)}` })];
    return { worker, requests, perSlice: PAGES_PER_VISIT, settleMs: SETTLE_MS };
  }
  const otherPorts = await Promise.all(Array.from({ length: isolates - 1 }, () => freePort()));
  const files = { worker: built.moor, platform: built.platform };
  const worker = await startMoor(files, configOf(visit, origin), { ...options, otherPorts });
  const visitors = kind === "change" ? CHANGED_SESSIONS : 1;
  const own = await returningVisitors(worker.port, visitors, attributeBytes);
  const cookies = own.map((cookie) => (cookieBytes ? `${cookie}; ${cookiesOf(cookieBytes)}` : cookie));
  const to = (target: string, method: "GET" | "POST" = "GET") =>
    cookies.map((cookie) => requestText(target, { method, cookie }));
  const running = { worker, perSlice: PAGES_PER_VISIT, settleMs: SETTLE_MS };
  if (kind === "strict read") return { ...running, requests: to(`/strict${page}`) };
  if (kind === "change") {
    // A visitor reads before they change. The strict read leaves a new copy in memory, which the change finds.
    const before = to(`/strict${page}`);
    return {
      ...running,
      perSlice: CHANGES,
      requests: to("/patch/visits/64", "POST"),
      before,
      withinMs: MEMORY_AGE_MS,
    };
  }
  if (visit.isolates !== undefined) {
    const ports = [worker.port, ...otherPorts];
    return { ...running, requests: to(page), ports, settleMs: MEMORY_AGE_MS + SETTLE_MS, withinMs: MEMORY_AGE_MS };
  }
  return { ...running, requests: to(page), before: to(`/strict${page}`), withinMs: MEMORY_AGE_MS };
}

function configOf({ config = {}, otherRoutes = 0, origins = 3 }: Visit, url: string): MoorConfig {
  const { pool, ...rest } = config;
  return {
    pools: [{ id: "shop", origins: Array.from({ length: origins }, (_, n) => ({ id: `o${n}`, url })), ...pool }],
    routes: [
      ...Array.from({ length: otherRoutes }, (_, n) => ({ path: `/section-${n}/*`, pool: "shop" })),
      { path: "/strict/*", pool: "shop", freshness: "strict" },
      { path: "/*", pool: "shop" },
    ],
    stores: { replicate: "off", backup: "off" },
    ...rest,
  };
}

/** The cookies of an application, a hundred bytes each. */
function cookiesOf(bytes: number): string {
  const each = 100;
  return Array.from({ length: Math.round(bytes / each) }, (_, n) => `app${n}=`.padEnd(each - 2, "v")).join("; ");
}

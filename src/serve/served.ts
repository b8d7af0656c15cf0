import { waitUntil } from "cloudflare:workers";
import type { RecentNamespace } from "../adoption/recent.ts";
import type { ResolvedConfig } from "../config/resolved.ts";
import type { MoorConfig } from "../config/types.ts";
import { failureResponse } from "../errors.ts";
import { parseKeyRing } from "../inbound/token/key-ring.ts";
import { leftOut } from "../lib/build-flags.ts";
import { describeFault, type Log, logToConsole as log } from "../log.ts";
import { bindRowStore } from "../row-stores/registry.ts";
import { guardRows } from "../rows/guarded-rows.ts";
import { createRowPools, type RowPools, type RowPoolsParts } from "../rows/row-pools.ts";
import { createRowTransactions, type Transact } from "../rows/row-transactions.ts";
import type { Breaker } from "../store/breaker.ts";
import { type Breakers, createBreakers } from "../store/breakers.ts";
import { createSeal } from "../store/seal.ts";
import { SITE } from "../upstream/live/pool-contracts.ts";
import { BODILESS_METHODS } from "../upstream/send/body.ts";
import { createHandler, type Env, readEnvConfig } from "../wiring/handler.ts";
import { createBackground } from "./background.ts";
import { type CronLease, takeCronLease } from "./cron-lease.ts";
import { createFoundingCounter } from "./founding-counter.ts";
import { createFront, type Vouched } from "./front.ts";
import { ADMIN_HOST, behindFront, originServices } from "./origin-services.ts";
import { createProbers, type Prober } from "./prober.ts";
import { createRecentRows } from "./recent-rows.ts";
import type { ServedSettings } from "./settings.ts";
import { createStoreHealth, type StoreHealth } from "./store-health.ts";
import { targetOf } from "./target.ts";

/** The bindings that `moor serve` makes, besides those of the Worker. */
export interface ServedEnv extends Env {
  /** {@link ServedSettings} as JSON. */
  readonly MOOR_SERVED: string;
}

type Entrypoint = Required<Pick<ExportedHandler<ServedEnv>, "fetch">>;

/** The entrypoints of the Worker that `moor serve` runs, a socket each. */
export interface Served {
  /** Answers visitors and origins, behind trusted proxies. */
  readonly site: Entrypoint;
  /** Answers the admin API. */
  readonly admin: Entrypoint;
  /** Tells balancers and operators whether the process lives, and whether it may get requests. */
  readonly health: Entrypoint;
  /** Takes the orders of the command that runs the process. */
  readonly control: Entrypoint;
}

interface Bound {
  readonly front: (request: Request) => Vouched;
  readonly env: Env;
  readonly transact: Transact;
  /** The name of the store of sessions, for the log. */
  readonly storeName: string;
  readonly storeHealth: () => Promise<StoreHealth>;
  readonly createPools: (makeBreaker: Breakers["make"], log: Log) => PoolsAtWork;
  readonly createRecent: (makeBreaker: Breakers["make"], log: Log) => RecentNamespace;
}

/** The live state of pools. */
interface PoolsAtWork {
  readonly pools: RowPools;
  /** The probers of the pools that are probed, by their ids. */
  readonly probers: ReadonlyMap<string, Prober>;
}

/** How often the process looks whether the work after answers is over. */
const LOOK_EVERY_MS = 25;

/** The Worker that `moor serve` runs outside Cloudflare. Its parts are put together at the first call. */
export function createServed(given: MoorConfig): Served {
  const background = createBackground(waitUntil);
  const config = behindFront(given);
  const moor = createHandler(config, {
    keepAlive: background.keepAlive,
    createPools(makeBreaker, log) {
      const { pools } = poolsAtWork(makeBreaker, log);
      return { pools, read: pools.read };
    },
    createKeptAdoption: (makeBreaker, log) => ({
      followJudges: poolsAtWork(makeBreaker, log).pools.followJudges,
      recent: (bound as Bound).createRecent(makeBreaker, log),
    }),
  });
  let bound: Bound | undefined;
  /** Present once Moor is put together, if there are operators, old applications, or pools that are probed. */
  let atWork: PoolsAtWork | undefined;
  let isDraining = false;

  function poolsAtWork(makeBreaker: Breakers["make"], log: Log): PoolsAtWork {
    atWork ??= (bound as Bound).createPools(makeBreaker, log);
    return atWork;
  }

  async function ask(request: Request, { env }: Bound, context: ExecutionContext): Promise<Response> {
    return moor.fetch(request as Parameters<typeof moor.fetch>[0], env, context);
  }

  const site: Entrypoint["fetch"] = async (request, env, context) => {
    try {
      bound ??= bind(env, given, config);
    } catch (fault) {
      log({ event: "not_configured", reason: describeFault(fault) });
      return failureResponse("not_configured", request);
    }
    const vouched = bound.front(request);
    return vouched.kind === "answer" ? vouched.answer : ask(vouched.request, bound, context);
  };

  async function readiness(env: ServedEnv): Promise<{ readonly status: StoreHealth["status"] | "draining" }> {
    if (isDraining) return { status: "draining" };
    bound ??= bind(env, given, config);
    return bound.storeHealth();
  }

  /** Does what the alarm of the pool's object would do. What fails is tried again a minute later. */
  async function ringPool(pool: string): Promise<void> {
    const rung = await atWork?.pools.ring(pool);
    if (rung?.kind === "unavailable") log({ event: "pool_state_unread", pool, reason: describeFault(rung.cause) });
  }

  /** Does the work of the cron trigger, if no other process does. Tells who has the lease. */
  async function runCron({ transact, env, storeHealth, storeName }: Bound): Promise<CronLease["kind"] | "clock_apart"> {
    const health = await storeHealth();
    // The times in rows are of right clocks. By another clock this process would end sessions that live, or end drains too soon.
    if (health.status === "clock_apart") {
      log({ event: "cron_skipped", store: storeName, apartMs: health.apartMs });
      return health.status;
    }
    const { kind } = await takeCronLease(transact, Date.now);
    if (kind === "taken") {
      await moor.scheduled({ scheduledTime: Date.now(), cron: "* * * * *", noRetry() {} }, env);
      await Promise.all([...config.pools.map(({ id }) => id), SITE].map(ringPool));
    }
    return kind;
  }

  async function control(order: string | undefined, env: ServedEnv, context: ExecutionContext): Promise<Response> {
    bound ??= bind(env, given, config);
    switch (order) {
      case "/start": {
        // Moor is put together at its first request, and then finds mistakes in its bindings.
        const { ok } = await ask(new Request(`https://${ADMIN_HOST}/.moor/jwks.json`), bound, context);
        return Response.json({ status: ok ? "started" : "not_configured" });
      }
      case "/ready":
        return Response.json(await readiness(env));
      case "/drain":
        isDraining = true;
        return Response.json({ status: "draining" });
      case "/idle":
        while (background.pending() > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
        return Response.json({ status: "idle" });
      case "/cron":
        return Response.json({ lease: await runCron(bound) });
      default: {
        const step = atWork?.probers.get(/^\/probe\/(.+)$/.exec(order ?? "")?.[1] ?? "");
        return step ? Response.json(await step()) : new Response(null, { status: 404 });
      }
    }
  }

  return {
    site: { fetch: site },
    admin: {
      async fetch(request, env, context) {
        bound ??= bind(env, given, config);
        const target = targetOf(request.url);
        if (target === undefined) return new Response(null, { status: 400 });
        const { pathname, search } = new URL(target, `https://${ADMIN_HOST}`);
        if (!/^\/\.moor\/(?:admin|metrics)(?:\/|$)/.test(pathname)) return new Response(null, { status: 404 });
        const url = `https://${ADMIN_HOST}${pathname}${search}`;
        const { method, headers } = request;
        const body = BODILESS_METHODS.has(method) ? null : request.body;
        const told = new Headers(headers);
        told.set("Host", ADMIN_HOST);
        return ask(new Request(url, { method, headers: told, body }), bound, context);
      },
    },
    health: {
      async fetch({ url }, env) {
        const path = targetOf(url);
        if (path === "/live") return Response.json({ status: "live" }, NO_STORE);
        if (path !== "/ready") return new Response(null, { status: 404 });
        const health = await readiness(env);
        return Response.json(health, { ...NO_STORE, status: health.status === "ready" ? 200 : 503 });
      },
    },
    control: {
      fetch: ({ url }, env, context) => control(targetOf(url), env, context),
    },
  };
}

const NO_STORE = { headers: { "Cache-Control": "no-store" } };

/** @throws TypeError that names the wrong binding and the accepted values. */
function bind(env: ServedEnv, given: MoorConfig, config: MoorConfig): Bound {
  const { hosts, foundings, loops }: ServedSettings = JSON.parse(env.MOOR_SERVED);
  const { stores } = readEnvConfig({}, given);
  const store = bindRowStore(env, rowsOf(stores.authority));
  const ring = parseKeyRing(env.MOOR_STORE_KEYS, "MOOR_STORE_KEYS");
  const clock = Date.now;
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const seal = createSeal(ring);
  const transactBehind = (breaker: Breaker, log: Log) =>
    createRowTransactions({ store: guardRows(store, breaker), seal, clock, random: Math.random, pause, log });
  // A store that hangs must not make each new visitor wait for the counts besides.
  const transact = transactBehind(createBreakers(log).make(`${store.name} for counts`), log);
  const storeHealth = createStoreHealth(store, clock);
  const services = originServices({ ...env }, config, loops);
  const counters = createFoundingCounter({ transact, ring, clock, random: Math.random }, foundings);
  return {
    front: createFront({ trustedProxies: given.trustedProxies ?? [], hosts, loops }, log),
    env: {
      ...env,
      ...services,
      FOUNDING_LIMIT: counters.ofAddress,
      SITE_FOUNDING_LIMIT: counters.ofSite,
    },
    transact,
    storeName: store.name,
    storeHealth,
    createPools: (makeBreaker, log) =>
      typeof MOOR_OPERATORS === "undefined" || MOOR_OPERATORS || typeof MOOR_ADOPTION === "undefined" || MOOR_ADOPTION
        ? createPoolsAtWork({
            transact: transactBehind(makeBreaker("pool"), log),
            key: ring[0].id,
            clock,
            random: Math.random,
            log,
          })
        : leftOut("MOOR_OPERATORS", "admin or a pool's healthCheck is configured"),
    createRecent: (makeBreaker, log) => createRecentRows(transactBehind(makeBreaker("old-applications"), log), clock),
  };

  function createPoolsAtWork(parts: RowPoolsParts): PoolsAtWork {
    const pools = createRowPools(parts);
    return { pools, probers: createProbers(readEnvConfig({}, config), { ...parts, pools, services, storeHealth }) };
  }
}

/** @throws TypeError if sessions are kept by Durable Objects, or by browsers. */
function rowsOf(
  authority: ResolvedConfig["stores"]["authority"],
): Exclude<typeof authority, { type: "object" | "cookie" }> {
  if (authority.type !== "object" && authority.type !== "cookie") return authority;
  const why =
    authority.type === "object" ? "there are no Durable Objects" : "foundings and the state of pools need rows";
  throw new TypeError(`stores.authority is "${authority.type}"; outside Cloudflare ${why}.`);
}

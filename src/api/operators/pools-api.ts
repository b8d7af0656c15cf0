import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { ResolvedConfig, ResolvedPool } from "../../config/resolved.ts";
import { time } from "../../settings/grammar.ts";
import { createClosing } from "../../upstream/choose/birth.ts";
import { sessionSpans } from "../../upstream/live/live-pools.ts";
import {
  type ChangeRefusal,
  LEAST_LEAD_MS,
  type LookedPool,
  MAX_CLOSURES,
  type PoolChange,
  type Pools,
  type ProbesSay,
} from "../../upstream/live/pool-contracts.ts";
import { closuresOf, type StandingNow, standingOf } from "../../upstream/live/pool-state.ts";
import { NO_STORE, problem } from "../problem.ts";
import type { OperatorEnv } from "./access.ts";

/** The parts of the admin API for pools. */
export interface PoolsApiParts {
  readonly config: Pick<ResolvedConfig, "pools" | "session">;
  /** `undefined`: the bindings that it needs are missing. */
  readonly pools: Pools | undefined;
  readonly clock: () => number;
}

interface ShownOrigin extends StandingNow {
  readonly id: string;
  readonly bound?: number | undefined;
  readonly probes?: ReturnType<typeof shownProbes>;
}

type PoolContext = Context<OperatorEnv>;

const ACTIONS = ["drain", "restore", "eject"] as const;

/**
 * Live changes of pools, for operators: shows the state of their origins, drains an origin, moves all visitors away from it, and
 * brings it back.
 */
export function createPoolsApi(parts: PoolsApiParts): Hono<OperatorEnv> {
  const { config, pools, clock } = parts;
  const { awayMs, lifeMs } = sessionSpans(config.session);
  const api = new Hono<OperatorEnv>();

  api.get("/", async (c) => {
    if (!pools) return told(c, "pools", notBound());
    const looked = await Promise.all(
      config.pools.map(async (pool) => ({ pool, known: await pools.look(pool.id, { awayMs }) })),
    );
    const shown = looked.flatMap(({ pool, known }) => (known.kind === "known" ? [shownPool(pool, known)] : []));
    if (shown.length < looked.length) return told(c, "pools", unavailable());
    return told(c, "pools", c.json({ pools: shown }, 200, NO_STORE));
  });

  api.get("/:pool", (c) =>
    ofPool(c, "pool", async (all, pool) => {
      const known = await all.look(pool.id, { awayMs });
      return known.kind === "unavailable" ? unavailable() : c.json(shownPool(pool, known), 200, NO_STORE);
    }),
  );

  for (const action of ACTIONS) {
    api.post(`/:pool/origins/:origin/${action}`, (c) =>
      ofPool(c, action, async (all, pool) => {
        const origins = pool.origins.map(({ id }) => id);
        const origin = c.req.param("origin");
        if (!origins.includes(origin)) {
          return problem(404, "unknown_origin", `The pool has no such origin; it has ${origins.join(", ")}.`, {
            origins,
          });
        }
        const ask = readPoolAsk(action, await c.req.text());
        if (ask.kind === "malformed") return problem(400, "bad_change", ask.title);
        return change(c, all, pool, {
          ...ask.asked,
          action,
          origin,
          others: othersOf(pool, origin, typeof ask.asked.at === "number" ? ask.asked.at : clock()),
          sessionLifeMs: lifeMs,
          by: { id: crypto.randomUUID(), who: c.get("who"), from: "api" },
        });
      }),
    );
  }

  async function change(c: PoolContext, all: Pools, pool: ResolvedPool, asked: PoolChange): Promise<Response> {
    const changed = await all.change(pool.id, { change: asked, awayMs });
    if (changed.kind === "unavailable") return unavailable();
    if (changed.kind === "refused") {
      const { reason } = changed;
      return reason === "last-origin" ? noneLeft(all, pool, asked.others) : refusal(reason);
    }
    const { state, published } = changed;
    const standing = standingOf(closuresOf(state, asked.origin), clock());
    const said = { pool: pool.id, id: asked.origin, ...standing, changed: changed.kind === "changed", published };
    return c.json(said, 200, NO_STORE);
  }

  async function noneLeft(all: Pools, pool: ResolvedPool, others: readonly string[]): Promise<Response> {
    const known = await all.look(pool.id, { awayMs });
    if (known.kind === "unavailable") return unavailable();
    const origins = shownPool(pool, known).origins.filter(({ id }) => others.includes(id));
    const found = origins.map(wordsOf).join(", ") || "no other origin";
    const title = `No healthy origin would be open to new sessions: found ${found}; accepted: another origin, open and healthy. Restore or repair one, or say "anyway".`;
    return problem(409, "last_origin", title, { origins });
  }

  async function ofPool(
    c: PoolContext,
    action: string,
    serve: (all: Pools, pool: ResolvedPool) => Promise<Response>,
  ): Promise<Response> {
    const pool = config.pools.find(({ id }) => id === c.req.param("pool"));
    if (!pool) {
      const ids = config.pools.map(({ id }) => id);
      const title = `There is no such pool; there is ${ids.join(", ")}.`;
      return told(c, action, problem(404, "unknown_pool", title, { pools: ids }));
    }
    return told(c, action, pools ? await serve(pools, pool) : notBound(), pool);
  }

  function shownPool({ id, origins }: ResolvedPool, { state, bound, probes = {} }: LookedPool) {
    return {
      id,
      version: state?.version ?? 0,
      origins: origins.map(
        (origin): ShownOrigin => ({
          id: origin.id,
          ...standingOf(closuresOf(state, origin.id), clock()),
          ...(Object.hasOwn(bound, origin.id) ? { bound: bound[origin.id] } : {}),
          ...(Object.hasOwn(probes, origin.id) ? { probes: shownProbes(probes[origin.id] as ProbesSay) } : {}),
        }),
      ),
    };
  }

  /** Logs every action with the operator who asked for it, whatever its outcome. */
  function told(c: PoolContext, action: string, response: Response, pool?: ResolvedPool): Response {
    const origin = pool?.origins.find(({ id }) => id === c.req.param("origin"))?.id;
    const about = { ...(pool ? { pool: pool.id } : {}), ...(origin === undefined ? {} : { origin }) };
    c.env.log({ event: "admin", who: c.get("who"), action, status: response.status, ...about });
    return response;
  }

  return api;
}

/** An origin in words, for example `a (open, unhealthy)`. */
function wordsOf({ id, state, next, probes }: ShownOrigin): string {
  const unhealthy = probes?.state === "unhealthy" ? ["unhealthy"] : [];
  const ahead = next.map(({ state, at }) => `${state} from ${new Date(at).toISOString()}`);
  return `${id} (${[state, ...unhealthy, ...ahead].join(", ")})`;
}

function shownProbes({ verdict, last }: ProbesSay) {
  const { state, since } = verdict ?? { state: "unknown" };
  if (!last) return { state };
  const { kind, ...met } = last.result;
  return { state, ...(verdict ? { since } : {}), last: { at: last.at, result: kind, ...met } };
}

/** The origins that, by the configuration, get sessions born at a time, without the origin `origin`. */
export function othersOf({ origins }: ResolvedPool, origin: string, bornAt: number): string[] {
  const closed = createClosing(origins)?.(bornAt)?.at(bornAt);
  const others = origins.filter(({ id, down, backup }, index) => {
    return id !== origin && !down && !backup && !closed?.[index];
  });
  return others.map(({ id }) => id);
}

const REFUSALS: Record<Exclude<ChangeRefusal, "last-origin">, readonly [status: 400 | 409, title: string]> = {
  "too-soon": [
    400,
    `Name a time at least ${LEAST_LEAD_MS / 1000} seconds ahead, so that all isolates switch together; only an ejection may be "now".`,
  ],
  "out-of-order": [409, "A change of this origin is named for a later time; name a time after it."],
  ejected: [409, "The origin is ejected, and has nobody to drain; restore it first."],
  "version-changed": [409, "The pool has changed since the version that you named; look at it again, and decide anew."],
  "too-many": [409, `The origin has been closed ${MAX_CLOSURES} times within the longest life of a session.`],
};

function refusal(reason: keyof typeof REFUSALS): Response {
  const [status, title] = REFUSALS[reason];
  return problem(status, reason.replaceAll("-", "_"), title);
}

/** The answer where the bindings for live changes of pools are missing. */
export function notBound(): Response {
  const title =
    "POOL_OBJECT and SESSION_REPLICAS have to be bound, as in wrangler.toml. " +
    "The KV namespace SESSION_REPLICAS also holds the states of pools.";
  return problem(409, "not_bound", title);
}

function unavailable(): Response {
  return problem(503, "pool_unavailable", "The pool's state cannot be reached just now; try again.");
}

/** An operator's request for an origin, read from its body. */
export type PoolAsk =
  | { kind: "ask"; asked: Pick<PoolChange, "at" | "deadlineMs" | "anyway" | "onVersion"> }
  | { kind: "malformed"; title: string };

/** The longest that a session may live. */
const MAX_DEADLINE_SECONDS = 31_536_000;

/** The keys that a body may have, for each action. */
const KEYS: Partial<Record<PoolChange["action"], readonly string[]>> = {
  drain: ["at", "deadlineSeconds", "anyway", "version"],
  eject: ["at", "anyway", "version"],
};

/** Reads a body: empty, or a JSON object with keys of the action, all of them optional. */
export function readPoolAsk(action: PoolChange["action"], body: string): PoolAsk {
  const given = parsed(body);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    return { kind: "malformed", title: "The body: nothing, or a JSON object." };
  }
  const keys = KEYS[action] ?? ["at", "version"];
  if (Object.keys(given).some((key) => !keys.includes(key))) {
    return { kind: "malformed", title: `The body: a JSON object of ${keys.join(", ")}.` };
  }
  const { at, deadlineSeconds, anyway, version } = given as Record<string, unknown>;
  const isNow = at === "now" && action === "eject";
  if (at !== undefined && !isNow && !time.accepts(at)) {
    return { kind: "malformed", title: `at: ${time.accepted}${action === "eject" ? ', or "now"' : ""}.` };
  }
  if (deadlineSeconds !== undefined && !isDeadline(deadlineSeconds)) {
    return { kind: "malformed", title: `deadlineSeconds: a whole number, 1 to ${MAX_DEADLINE_SECONDS}.` };
  }
  if (anyway !== undefined && typeof anyway !== "boolean") {
    return { kind: "malformed", title: "anyway: true or false." };
  }
  if (version !== undefined && !(Number.isSafeInteger(version) && Number(version) >= 0)) {
    return { kind: "malformed", title: "version: a whole number from 0, as the pool says it." };
  }
  return {
    kind: "ask",
    asked: {
      ...(at === undefined ? {} : { at: isNow ? "now" : Date.parse(at as string) }),
      ...(deadlineSeconds === undefined ? {} : { deadlineMs: (deadlineSeconds as number) * 1000 }),
      ...(anyway === undefined ? {} : { anyway: anyway as boolean }),
      ...(version === undefined ? {} : { onVersion: version as number }),
    },
  };
}

function isDeadline(given: unknown): boolean {
  return Number.isInteger(given) && Number(given) >= 1 && Number(given) <= MAX_DEADLINE_SECONDS;
}

function parsed(body: string): unknown {
  if (body.trim() === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { createTokens } from "../../src/inbound/token/tokens.ts";
import type { LogEntry } from "../../src/log.ts";
import { createMoor } from "../../src/moor.ts";
import type { Authority } from "../../src/store/contracts.ts";
import type { Fallback } from "../../src/store/fallback-contract.ts";
import { createMemory } from "../../src/store/memory.ts";
import { pool, resolved } from "../config/configs.ts";
import { createTestHandoffs } from "../support/handoffs.ts";
import { macRing } from "../support/rings.ts";
import { at } from "../support/time.ts";

/** The time of all cases. */
export const NOW = at(3_600);
/** The origin of a case: the requests that it is sent, and its answers. */
export type Origin = (url: URL, init: { method: string; headers: Headers }) => Response;

export const CONFIG: ResolvedConfig = resolved({
  pools: [pool()],
  carriers: [{ type: "cookie" }, { type: "header" }, { type: "header", name: "X-Session" }, { type: "url" }],
  routes: [
    { path: "/assets/*", pool: "shop", session: false },
    { path: "/*", pool: "shop" },
  ],
});

/** Moor in this process, whose stores tell of every call, in front of an origin that a case provides. */
export async function moorInFront(authority: Authority) {
  const stores: string[] = [];
  const log: LogEntry[] = [];
  let origin: Origin = () => new Response(null, { status: 204 });
  const tokens = createTokens(macRing(1));
  const handoff = await createTestHandoffs({ dataBytes: 2048 });
  const moor = createMoor({
    config: CONFIG,
    tokens,
    handoff,
    authority: told("authority", authority, stores),
    memory: told("memory", createMemory(), stores),
    fallback: told("redis", NO_FALLBACK, stores),
    clock: () => NOW,
    log: (entry) => log.push(entry),
  });
  globalThis.fetch = (async (url: string, init: { method: string; headers: Headers }) =>
    origin(new URL(url), init)) as typeof fetch;

  return {
    tokens,
    handoff,
    /** The result of a request. `stores` lists every call of a store. */
    async ask(request: Request, answer: Origin) {
      stores.length = 0;
      log.length = 0;
      origin = answer;
      const kept: Promise<unknown>[] = [];
      const response = await moor(request, (work) => void kept.push(work));
      await Promise.all(kept);
      return { response, stores, log };
    },
  };
}

/** An authority that must not be asked. */
export const NO_AUTHORITY = {} as Authority;
const NO_FALLBACK = { name: "redis" } as Fallback;

/** The store, each of whose calls is noted first. */
function told<Store extends object>(name: string, store: Store, calls: string[]): Store {
  return new Proxy(store, {
    get(target, method) {
      const real: unknown = Reflect.get(target, method);
      if (typeof real !== "function" && real !== undefined) return real;
      return (...args: unknown[]) => {
        calls.push(`${name}.${String(method)}`);
        return real ? real.apply(target, args) : Promise.resolve({ kind: "unavailable", cause: new Error("not here") });
      };
    },
  });
}

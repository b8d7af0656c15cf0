import { formatMistakes } from "./config/mistakes.ts";
import { readConfig } from "./config/read.ts";
import type { MoorConfig, ResolvedConfig } from "./config/types.ts";
import { failureResponse } from "./errors.ts";
import { parseKeyRing } from "./inbound/key-ring.ts";
import { createTokens } from "./inbound/tokens.ts";
import { describeFault, logToConsole } from "./log.ts";
import { createMoor, type Moor } from "./moor.ts";
import { type BoundStores, bindStores, type StoreBindings } from "./store/bound-stores.ts";
import type { Authority } from "./store/contracts.ts";
import { createMemory } from "./store/memory.ts";
import { createObjectAuthority } from "./store/object-authority.ts";
import { sweep } from "./store/sweep.ts";
import { createHandoff } from "./upstream/handoff.ts";

/** What wrangler binds. */
export interface Env extends StoreBindings {
  SESSION_OBJECT: DurableObjectNamespace;
  MOOR_TOKEN_KEYS?: string;
  MOOR_HANDOFF_KEYS?: string;
  /** The handoff's `iss`. */
  MOOR_ISSUER?: string;
  /** A configuration as JSON; beats the bundled one. */
  MOOR_CONFIG?: string;
}

interface Built {
  readonly moor: Moor;
  readonly stores: BoundStores;
  readonly authority: Authority;
}

/**
 * What a Worker exports: requests, and the sweep by a cron trigger. It is put together at the first of them.
 *
 * @param bundled the configuration, unless `MOOR_CONFIG` is set.
 */
export function createHandler(bundled: MoorConfig) {
  /** One per isolate: it keeps what it has learned, never a request's own objects. */
  let built: Built | undefined;

  return {
    async fetch(request, env, context) {
      try {
        built ??= build(env, bundled);
      } catch (fault) {
        logToConsole({ event: "not_configured", reason: describeFault(fault) });
        return failureResponse("not_configured", request);
      }
      try {
        return await built.moor(request, (work) => context.waitUntil(work));
      } catch (fault) {
        logToConsole({ event: "internal_error", reason: describeFault(fault) });
        return failureResponse("internal_error", request);
      }
    },

    async scheduled(_controller, env) {
      built ??= build(env, bundled);
      const { stores, authority } = built;
      if (!stores.fallback) return;
      const { takenOver, left, cause } = await sweep({ fallback: stores.fallback, authority, clock: Date.now });
      if (takenOver > 0 || left > 0) logToConsole({ event: "sweep", takenOver, left });
      if (cause !== undefined) logToConsole({ event: "sweep_failed", reason: describeFault(cause) });
    },
  } satisfies ExportedHandler<Env>;
}

function build(env: Env, bundled: MoorConfig): Built {
  const config = readEnvConfig(env, bundled);
  if (!env.MOOR_ISSUER) throw new TypeError("MOOR_ISSUER is not set; it takes the address that clients use.");
  const handoffRing = parseKeyRing(env.MOOR_HANDOFF_KEYS, "MOOR_HANDOFF_KEYS");
  const stores = bindStores(env, logToConsole);
  const breaker = stores.breakerFor("object");
  const authority = createObjectAuthority(env.SESSION_OBJECT, { copies: config.stores, breaker });
  const moor = createMoor({
    config,
    tokens: createTokens(parseKeyRing(env.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS")),
    authority,
    memory: createMemory(),
    replicas: config.stores.replicate === "off" ? undefined : stores.replicas,
    fallback: stores.fallback,
    breakers: [breaker, ...stores.breakers],
    handoff: createHandoff({ ring: handoffRing, issuer: env.MOOR_ISSUER, dataBytes: config.handoff.dataBytes }),
    clock: Date.now,
    log: logToConsole,
  });
  return { moor, stores, authority };
}

function readEnvConfig(env: Env, bundled: MoorConfig): ResolvedConfig {
  const read = readConfig(env.MOOR_CONFIG === undefined ? bundled : JSON.parse(env.MOOR_CONFIG));
  if (read.kind === "invalid") throw new TypeError(formatMistakes(read.mistakes));
  return read.config;
}

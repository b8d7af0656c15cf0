import config from "../moor.config.ts";
import { formatMistakes } from "./config/mistakes.ts";
import { readConfig } from "./config/read.ts";
import { failureResponse } from "./errors.ts";
import { parseKeyRing } from "./inbound/key-ring.ts";
import { createTokens } from "./inbound/tokens.ts";
import { describeFault, logToConsole } from "./log.ts";
import { createMoor, type Moor } from "./moor.ts";
import { createMemory } from "./store/memory.ts";
import { createObjectAuthority } from "./store/object-authority.ts";
import { createHandoff } from "./upstream/handoff.ts";

export { SessionObject } from "./store/session-object.ts";

/** What wrangler binds. */
export interface Env {
  SESSION_OBJECT: DurableObjectNamespace;
  MOOR_TOKEN_KEYS?: string;
  MOOR_HANDOFF_KEYS?: string;
  /** The handoff's `iss`. */
  MOOR_ISSUER?: string;
  /** A configuration as JSON; beats the bundled one. */
  MOOR_CONFIG?: string;
}

/** One per isolate: it keeps what it has learned, never a request's own objects. */
let moor: Moor | undefined;

export default {
  async fetch(request, env, context) {
    try {
      moor ??= build(env);
    } catch (fault) {
      logToConsole({ event: "not_configured", reason: describeFault(fault) });
      return failureResponse("not_configured", request);
    }
    try {
      return await moor(request, (work) => context.waitUntil(work));
    } catch (fault) {
      logToConsole({ event: "internal_error", reason: describeFault(fault) });
      return failureResponse("internal_error", request);
    }
  },
} satisfies ExportedHandler<Env>;

function build(env: Env): Moor {
  const read = readConfig(env.MOOR_CONFIG === undefined ? config : JSON.parse(env.MOOR_CONFIG));
  if (read.kind === "invalid") throw new TypeError(formatMistakes(read.mistakes));
  if (!env.MOOR_ISSUER) throw new TypeError("MOOR_ISSUER is not set; it takes the address that clients use.");
  const handoffRing = parseKeyRing(env.MOOR_HANDOFF_KEYS, "MOOR_HANDOFF_KEYS");
  return createMoor({
    config: read.config,
    tokens: createTokens(parseKeyRing(env.MOOR_TOKEN_KEYS, "MOOR_TOKEN_KEYS")),
    authority: createObjectAuthority(env.SESSION_OBJECT),
    memory: createMemory(),
    handoff: createHandoff({ ring: handoffRing, issuer: env.MOOR_ISSUER, dataBytes: read.config.handoff.dataBytes }),
    clock: Date.now,
    log: logToConsole,
  });
}

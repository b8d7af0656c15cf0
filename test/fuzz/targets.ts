import type { Target } from "./target.ts";
import { addresses } from "./targets/addresses.ts";
import { configs } from "./targets/configs.ts";
import { oldCookies, oldValues } from "./targets/old-sessions.ts";
import { originChanges } from "./targets/origin-changes.ts";
import { requests } from "./targets/requests.ts";
import { sessionApi } from "./targets/session-api.ts";
import { proofs, tokens } from "./targets/tokens.ts";

/** All parts of Moor that read input of strangers. */
export const TARGETS = [
  tokens,
  proofs,
  requests,
  addresses,
  originChanges,
  oldCookies,
  oldValues,
  sessionApi,
  configs,
] as readonly Target[];

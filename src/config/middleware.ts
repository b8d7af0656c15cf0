import { type BaseIssue, safeParse } from "valibot";
import type { Mistake } from "../settings/mistakes.ts";
import { shape } from "../settings/shapes.ts";
import { relationMistakes } from "./checks/checks.ts";
import { fillHandling, fillShared } from "./defaults.ts";
import { toMistake } from "./read.ts";
import type { ResolvedConfig, ResolvedRoute } from "./resolved.ts";
import { errorPage, handling, shared } from "./schema.ts";
import type { MoorConfig, RouteConfig } from "./types.ts";

/** How Moor handles the sessions of some requests. Each field means the same as in `RouteConfig`. */
export interface HandlingConfig
  extends Pick<
    RouteConfig,
    "touch" | "freshness" | "onStale" | "locking" | "lockWaitMs" | "onLockTimeout" | "crossSite"
  > {}

/**
 * The configuration of the middleware for a Worker that answers requests itself: the fields of `MoorConfig` that need no origins,
 * and how its sessions are handled.
 */
export interface MiddlewareConfig
  extends Pick<
      MoorConfig,
      "session" | "ignore" | "carriers" | "stores" | "principals" | "errorPage" | "trustedProxies" | "cors" | "logout"
    >,
    HandlingConfig {}

/** The handling of a middleware configuration, with every default filled in. */
export type ResolvedHandling = Pick<ResolvedRoute, keyof HandlingConfig>;

/** The other fields of a middleware configuration, with every default filled in. */
export type ResolvedMiddleware = Pick<ResolvedConfig, Exclude<keyof MiddlewareConfig, keyof HandlingConfig>>;

/** The result of reading a middleware configuration. */
export type ReadMiddleware =
  | { kind: "ok"; config: ResolvedMiddleware; handling: ResolvedHandling }
  | { kind: "invalid"; mistakes: Mistake[] };

const configSchema = shape({ ...shared, errorPage, ...handling });
const handlingSchema = shape(handling);

/** Validates a configuration and fills in its defaults. */
export function readMiddleware(input: unknown): ReadMiddleware {
  const { issues = [], success, output } = safeParse(configSchema, input);
  const mistakes = [...mistakesOf(issues), ...relationMistakes(input, { deploy: false })];
  return success && mistakes.length === 0
    ? { kind: "ok", config: fillShared(output), handling: fillHandling(output) }
    : { kind: "invalid", mistakes };
}

/** The mistakes within a handling by itself. */
export function handlingMistakes(input: unknown): Mistake[] {
  return mistakesOf(safeParse(handlingSchema, input).issues ?? []);
}

function mistakesOf(issues: readonly BaseIssue<unknown>[]): Mistake[] {
  return issues.map(toMistake);
}

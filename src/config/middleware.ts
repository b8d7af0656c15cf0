import { type BaseIssue, safeParse } from "valibot";
import { relationMistakes } from "./checks/checks.ts";
import { fillHandling, fillShared } from "./defaults.ts";
import type { Mistake } from "./mistakes.ts";
import { toMistake } from "./read.ts";
import type { ResolvedConfig, ResolvedRoute } from "./resolved.ts";
import { errorPage, handling, shared } from "./schema.ts";
import { shape } from "./shapes.ts";
import type { MoorConfig, RouteConfig } from "./types.ts";

/** How the sessions of some requests are handled; each as in `RouteConfig`. */
export interface HandlingConfig
  extends Pick<
    RouteConfig,
    "touch" | "freshness" | "onStale" | "locking" | "lockWaitMs" | "onLockTimeout" | "crossSite"
  > {}

/** What a Worker of one's own may say of its sessions: of `MoorConfig` what needs no origins, and how they are handled. */
export interface MiddlewareConfig
  extends Pick<MoorConfig, "session" | "ignore" | "carriers" | "stores" | "principals" | "errorPage">,
    HandlingConfig {}

/** Its handling with every default filled in. */
export type ResolvedHandling = Pick<ResolvedRoute, keyof HandlingConfig>;

/** The rest of it likewise. */
export type ResolvedMiddleware = Pick<ResolvedConfig, Exclude<keyof MiddlewareConfig, keyof HandlingConfig>>;

/** What reading one comes to. */
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

/** What is wrong with a handling by itself. */
export function handlingMistakes(input: unknown): Mistake[] {
  return mistakesOf(safeParse(handlingSchema, input).issues ?? []);
}

function mistakesOf(issues: readonly BaseIssue<unknown>[]): Mistake[] {
  return issues.map(toMistake);
}

import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Policy } from "./change.ts";

/** The policy by which the authority keeps sessions. */
export function policyOf({ session, routes }: Pick<ResolvedConfig, "session" | "routes">): Policy {
  return { ...session, strictestIdleSeconds: strictestIdleOf(routes) };
}

/** The journal keeps a change for at least a day, or for as long as the session can live. */
export function markLifeOf({ absoluteSeconds, remember }: ResolvedConfig["session"]): number {
  return Math.max(absoluteSeconds, remember?.absoluteSeconds ?? 0, 86_400);
}

/** The shortest idle timeout that any route sets for itself. */
function strictestIdleOf(routes: readonly ResolvedRoute[]): number | undefined {
  const own = routes.flatMap(({ session }) => (typeof session === "object" ? (session.idleSeconds ?? []) : []));
  return own.length > 0 ? Math.min(...own) : undefined;
}

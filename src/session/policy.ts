import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Policy } from "./change.ts";

/** The policy that the authority keeps sessions by. */
export function policyOf({ session, routes }: ResolvedConfig): Policy {
  return { ...session, strictestIdleSeconds: strictestIdleOf(routes) };
}

/** The journal keeps what it was given for a day at least, or as long as the session can live. */
export function markLifeOf({ absoluteSeconds, remember }: ResolvedConfig["session"]): number {
  return Math.max(absoluteSeconds, remember?.absoluteSeconds ?? 0, 86_400);
}

/** The shortest idle timeout that a route has of its own. */
function strictestIdleOf(routes: readonly ResolvedRoute[]): number | undefined {
  const own = routes.flatMap(({ session }) => (typeof session === "object" ? (session.idleSeconds ?? []) : []));
  return own.length > 0 ? Math.min(...own) : undefined;
}

import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Visit } from "../request/exchange.ts";
import type { MoorParts } from "../request/parts.ts";
import type { FollowingParts } from "./following.ts";
import type { OldsParts } from "./old-sessions.ts";
import type { Recent } from "./recent.ts";
import type { Refusals } from "./refusals.ts";

/** A request whose route is known. */
export interface RoutedVisit extends Visit {
  readonly host: string;
  readonly route: ResolvedRoute;
}

/** The parts of the adoption that do not depend on the pools. */
export interface AdoptionParts extends OldsParts, FollowingParts, Pick<MoorParts, "tokens"> {
  readonly config: Pick<ResolvedConfig, "adopt" | "principals" | "session">;
  readonly refusals: Refusals;
  readonly recent: Recent;
}

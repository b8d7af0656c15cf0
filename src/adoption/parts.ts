import type { ResolvedConfig, ResolvedRoute } from "../config/resolved.ts";
import type { Visit } from "../request/exchange.ts";
import type { MoorParts } from "../request/parts.ts";
import type { Policy } from "../session/change.ts";
import type { AdoptKey } from "./adopt-key.ts";
import type { Questions } from "./question.ts";
import type { Recent } from "./recent.ts";
import type { Refusals } from "./refusals.ts";

/** A request whose route is known. */
export interface RoutedVisit extends Visit {
  readonly host: string;
  readonly route: ResolvedRoute;
}

/** The parts of the adoption that do not depend on the pools. */
export interface AdoptionParts extends Pick<MoorParts, "authority" | "tokens" | "clock"> {
  readonly config: Pick<ResolvedConfig, "adopt" | "principals" | "session">;
  /** The routes of the questions, one for each entry of `adopt`. The pools know them. */
  readonly routes: readonly ResolvedRoute[];
  readonly policy: Policy;
  readonly issuer: string;
  readonly adoptKey: AdoptKey;
  readonly questions: Questions;
  readonly refusals: Refusals;
  readonly recent: Recent;
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
}

import type { ResolvedRoute } from "../config/resolved.ts";
import type { Intent, Session } from "../session/session.ts";
import type { OpenedSession } from "../store/open-session.ts";
import type { HeaderNames, RefusedResponse } from "../upstream/wire/origin-headers.ts";

/** How the session of a request is handled: the settings of a route that do not concern origins. */
export type Handling = Pick<
  ResolvedRoute,
  "session" | "touch" | "freshness" | "onStale" | "locking" | "lockWaitMs" | "onLockTimeout" | "crossSite"
>;

/** A response to a request with a session, and the changes of the session that it asks for. */
export interface Responded {
  readonly kind: "response";
  readonly response: Response;
  readonly names: HeaderNames;
  readonly intent: Intent | RefusedResponse;
  /** The token's pin from now on; `undefined`: it stays as it is. */
  readonly pin: number | undefined;
  /** Whether the pin also belongs into the first token of a session that is not stored. Default `false`. */
  readonly isBinding?: boolean | undefined;
}

/** Answers requests from their sessions: the origins of a route, or the handlers of a Worker. */
export interface Responder<Over> {
  /** Chooses where this session's request is answered. Returns how long one attempt may take. */
  assign(sessionId: string): number;
  /** Whether `respond` will answer without an origin or a handler, which alone could show a flash. Default: it will not. */
  answersItself?(session: Session): boolean;
  /** Answers the request. `over`: there is no response that a change or a token could go with. */
  respond(opened: OpenedSession): Promise<Responded | { readonly kind: "over"; readonly answer: Over }>;
}

import type { JsonObject } from "./json.ts";
import type { LoginView } from "./login-view.ts";
import type { SessionTimes } from "./times.ts";

/** The facts that Moor told about the session that a request belongs to. */
export interface SessionView {
  /** `undefined` as long as the session is not stored: its first change gives it an id. */
  readonly id: string | undefined;
  /** Goes up with every committed change; 0 as long as the session is not stored. */
  readonly version: number;
  /** Goes up with every login and rotation. */
  readonly generation: number;
  /** The user that the session belongs to, `undefined` before a login. */
  readonly principal: string | undefined;
  /** The session is not stored yet. */
  readonly isNew: boolean;
  /** Read while the stores were failing: it may be older than what the visitor has seen. */
  readonly stale: boolean;
  /**
   * Id of the origin that served the session last, if it was another origin. This origin's own copy of the session may
   * then be out of date. Moor may tell it more than once. `undefined`: Moor knows of no such origin.
   */
  readonly movedFrom?: string | undefined;
  /** The values that an earlier response left for this request alone; see `OriginSession.setFlash`. */
  readonly flash: Readonly<JsonObject>;
  readonly attributes: Readonly<JsonObject>;
  /** The host that the client asked for, with its port if it named one, and `http` or `https`. Signed, unlike `X-Forwarded-Host`. */
  readonly host?: string | undefined;
  readonly scheme?: string | undefined;
  /** `undefined` as long as the session is not stored. */
  readonly times?: SessionTimes | undefined;
  /** `undefined` unless Moor has logged the visitor in at a provider. */
  readonly providerLogin?: LoginView | undefined;
}

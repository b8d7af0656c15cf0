import type { OpenedToken } from "../inbound/token/tokens.ts";
import { CHANGE_LIFE_SECONDS, type Change, type Policy } from "./change.ts";
import { isTouchDue } from "./deadlines.ts";
import type { Login } from "./login.ts";
import type { JsonObject } from "./patch.ts";
import type { View } from "./record.ts";

/** A visitor's session, as one request sees it. */
export interface Session {
  readonly token: OpenedToken;
  /** Whether the client sent the token. Otherwise the token was minted for this request. */
  readonly returning: boolean;
  /** The state that the stores know; `undefined`: no store holds anything of the session. */
  readonly view: View | undefined;
  /** Whether the view may be older than the state that the visitor has seen. */
  readonly stale: boolean;
  /** Whether it shows content of the journal in addition to the view's version. */
  readonly journaled: boolean;
  /** Whether a replica of the session exists. */
  readonly replicated: boolean;
  /** The flash that this request alone sees. */
  readonly flash: JsonObject | undefined;
}

/** The state of a session that no store holds yet. */
export const NOWHERE = {
  view: undefined,
  stale: false,
  journaled: false,
  replicated: false,
  flash: undefined,
} as const;

/** The changes of its session that a request asks for. The commit carries them out. */
export interface Intent {
  readonly kind: "intent";
  /** Merged into the attributes, in order. */
  readonly patches: readonly JsonObject[];
  /** Merged into the flash, which the next handoff shows, once. */
  readonly flash: readonly JsonObject[];
  /** Sets the principal. This rotates the session, even if the principal stays the same. 1 to 256 characters of visible ASCII. */
  readonly principal?: string;
  /** With a principal: the login at the provider. */
  readonly login?: Login;
  /** With a login: the refresh token that the provider gave, sealed. */
  readonly grant?: string;
  /** Whether that login counts as done if another tab of the browser has just logged in as the same person. Default `false`. */
  readonly joins?: boolean;
  /** With a principal: whether the longer policy applies from now on. */
  readonly remember: boolean;
  /** Asks for a new generation; see {@link rotates}. */
  readonly rotate: boolean;
  /** Asks to end the session. All other changes then have no effect. */
  readonly end: boolean;
  /** The version that the request has meanwhile written through the session API. */
  readonly version?: number;
}

/** Asks for no change. */
export const NO_INTENT: Intent = { kind: "intent", patches: [], flash: [], remember: false, rotate: false, end: false };

/**
 * Whether a session gets a new generation. Without a patch a rotation has no effect under a key that was minted for this request,
 * because no other client has that key. A rotation that founds a session may be a login by attributes, so it counts: generation 0 never
 * belongs to a logged-in visitor.
 */
export function rotates({ returning }: Session, { principal, rotate, patches }: Intent): boolean {
  return principal !== undefined || (rotate && (returning || patches.length > 0));
}

/** Whether any change of the session is asked for. */
export function asksForChange(session: Session, intent: Intent): boolean {
  const { patches, flash, end } = intent;
  return patches.length > 0 || flash.length > 0 || end || rotates(session, intent);
}

/** The time, the rules and the id of a change. */
export interface ChangeOptions {
  readonly newId: () => string;
  readonly now: number;
  readonly policy: Policy;
  /** Whether the request may renew the idle deadline. */
  readonly touches: boolean;
}

/** The change that a request asks for, or `undefined` if it is a clean read with no touch due. */
export function changeFor(session: Session, intent: Intent, options: ChangeOptions): Change | undefined {
  const { newId, now, policy, touches } = options;
  const { returning, view } = session;
  const asks = intent !== NO_INTENT && asksForChange(session, intent);
  const touch = touches && returning && (view ? isTouchDue(view, now, policy) : asks);
  if (!asks && !touch) return undefined;
  const { patches, flash, principal, remember, end } = intent;
  return {
    id: newId(),
    ...(patches.length > 0 ? { patches } : {}),
    ...(flash.length > 0 ? { flash } : {}),
    ...(principal === undefined ? {} : { principal }),
    ...((typeof MOOR_LOGIN === "undefined" || MOOR_LOGIN) && intent.login ? { login: intent.login } : undefined),
    ...((typeof MOOR_REFRESH === "undefined" || MOOR_REFRESH) && intent.grant ? { grant: intent.grant } : undefined),
    ...(remember ? { remember: true } : {}),
    ...(intent.rotate && rotates(session, intent) ? { rotate: true } : {}),
    ...(end ? { end: true } : {}),
    ...(touch ? { touch: true } : {}),
    expiresAt: now + CHANGE_LIFE_SECONDS * 1000,
    policy,
  };
}

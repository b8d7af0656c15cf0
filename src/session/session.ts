import type { OpenedToken } from "../inbound/token/tokens.ts";
import { CHANGE_LIFE_SECONDS, type Change, isPrincipal, type Policy } from "./change.ts";
import { isTouchDue } from "./deadlines.ts";
import type { JsonObject } from "./patch.ts";
import type { View } from "./record.ts";

/** A session as a request sees it. */
export interface Shown {
  readonly view: View;
  /** Whether it may be older than the state that the visitor has seen. */
  readonly stale: boolean;
  /** Whether it shows content of the journal in addition to the view's version. */
  readonly journaled: boolean;
  /** Whether a replica of it exists. */
  readonly replicated: boolean;
}

/**
 * A visitor's session during one request: the known state, and the changes that the request asks for. It records intent and does
 * no I/O; the commit carries the intent out.
 */
export class Session {
  readonly token: OpenedToken;
  /** Whether the client sent the token. Otherwise the token was minted for this request. */
  readonly returning: boolean;
  /** The state that the stores know; `undefined`: no store holds the session yet. */
  readonly shown: Shown | undefined;
  /** The flash that this request alone sees. */
  readonly flash: JsonObject | undefined;

  readonly #flash: JsonObject[] = [];
  readonly #patches: JsonObject[] = [];
  #principal: string | undefined;
  #remember = false;
  #rotate = false;
  #end = false;

  constructor(token: OpenedToken, options: { returning: boolean; shown?: Shown | undefined; flash?: JsonObject }) {
    this.token = token;
    this.returning = options.returning;
    this.shown = options.shown;
    this.flash = options.flash;
  }

  /** The same session in its state after its flash has been taken. */
  showing(view: View, flash: JsonObject | undefined): Session {
    const shown = { stale: false, journaled: false, replicated: this.shown?.replicated ?? false, view };
    return new Session(this.token, { returning: this.returning, shown, ...(flash ? { flash } : {}) });
  }

  get view(): View | undefined {
    return this.shown?.view;
  }

  get id(): string {
    return this.token.id;
  }

  /** Whether no store holds anything of it. */
  get isNew(): boolean {
    return this.view === undefined;
  }

  get principal(): string | undefined {
    return this.view?.principal;
  }

  get attributes(): JsonObject {
    return this.view?.attributes ?? {};
  }

  /** Asks to merge a patch into the attributes; several apply in order. */
  patch(patch: JsonObject): void {
    this.#patches.push(patch);
  }

  /** Asks to merge a patch into the flash, which the next handoff shows, once. */
  patchFlash(patch: JsonObject): void {
    this.#flash.push(patch);
  }

  /**
   * Asks to set the principal. This rotates the session, even if the principal stays the same.
   *
   * @param options.remember whether the longer policy applies from now on.
   * @throws TypeError unless `principal` is 1 to 256 characters of visible ASCII.
   */
  login(principal: string, options: { remember?: boolean } = {}): void {
    if (!isPrincipal(principal)) throw new TypeError("not 1 to 256 characters of visible ASCII");
    this.#principal = principal;
    this.#remember = options.remember ?? false;
  }

  /**
   * Asks for a new generation. Without a patch this has no effect under a key that was minted for this request, because no other
   * client has that key.
   */
  rotate(): void {
    this.#rotate = true;
  }

  /** Asks to end the session. All other changes that were asked for then have no effect. */
  end(): void {
    this.#end = true;
  }

  get ending(): boolean {
    return this.#end;
  }

  /** Whether a login or a rotation was asked for. */
  get rotating(): boolean {
    return this.#principal !== undefined || this.#rotates;
  }

  /**
   * A rotation that founds a session may be a login by attributes, so it counts. Generation 0 never belongs to a logged-in
   * visitor.
   */
  get #rotates(): boolean {
    return this.#rotate && (this.returning || this.#patches.length > 0);
  }

  /** Whether a login was asked for. */
  get loggingIn(): boolean {
    return this.#principal !== undefined;
  }

  /** Whether a login as `principal` was asked for. */
  logsInAs(principal: string): boolean {
    return this.#principal === principal;
  }

  /** Whether any change was asked for. */
  get asks(): boolean {
    return this.#patches.length > 0 || this.#flash.length > 0 || this.rotating || this.#end;
  }

  /** Whether the commit would store the session for the first time. A session that ends at once is stored as a tombstone. */
  get isFounding(): boolean {
    return this.isNew && this.asks;
  }

  /**
   * A separate session, under `token`, that asks for the same changes as this session. It is for a login that finds its session
   * unchangeable, and starts anew. `from` holds the attributes that the new session begins with.
   */
  startAnew(token: OpenedToken, from: JsonObject): Session {
    const anew = new Session(token, { returning: false });
    anew.#patches.push(from, ...this.#patches);
    anew.#flash.push(...this.#flash);
    anew.#principal = this.#principal;
    anew.#remember = this.#remember;
    anew.#rotate = this.#rotate;
    return anew;
  }

  /**
   * The change that the request asks for, or `undefined` if it is a clean read with no touch due.
   *
   * @param options.touches whether the request may renew the idle deadline. Default `true`.
   */
  toChange(options: { newId: () => string; now: number; policy: Policy; touches?: boolean }): Change | undefined {
    const { newId, now, policy, touches = true } = options;
    const touch = touches && this.returning && (this.view ? isTouchDue(this.view, now, policy) : this.asks);
    if (!this.asks && !touch) return undefined;
    return {
      id: newId(),
      ...(this.#patches.length > 0 ? { patches: this.#patches } : {}),
      ...(this.#flash.length > 0 ? { flash: this.#flash } : {}),
      ...(this.#principal === undefined ? {} : { principal: this.#principal }),
      ...(this.#remember ? { remember: true } : {}),
      ...(this.#rotates ? { rotate: true } : {}),
      ...(this.#end ? { end: true } : {}),
      ...(touch ? { touch: true } : {}),
      expiresAt: now + CHANGE_LIFE_SECONDS * 1000,
      policy,
    };
  }
}

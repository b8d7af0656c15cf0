import type { OpenedToken } from "../inbound/token/tokens.ts";
import { CHANGE_LIFE_SECONDS, type Change, isPrincipal, type Policy } from "./change.ts";
import { isTouchDue } from "./deadlines.ts";
import type { JsonObject } from "./patch.ts";
import type { View } from "./record.ts";

/** A session as a request is shown it. */
export interface Shown {
  readonly view: View;
  /** Whether it may be older than what the visitor has seen. */
  readonly stale: boolean;
  /** Whether it shows what the journal holds beside the view's version. */
  readonly journaled: boolean;
  /** Whether a replica of it exists. */
  readonly replicated: boolean;
}

/**
 * A visitor's session during one request: what is known of it, and what the request asks to change. It records intent
 * and does no I/O; the commit carries the intent out.
 */
export class Session {
  readonly token: OpenedToken;
  /** Whether the request brought the token; otherwise it was minted for this request. */
  readonly returning: boolean;
  /** What the stores know; `undefined`: the session exists nowhere yet. */
  readonly shown: Shown | undefined;
  /** What this request alone is shown. */
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

  /** The same session as it is after its flash has been taken. */
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

  /** Whether nothing is stored of it. */
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
   * Asks to set the principal, which rotates the session, also if it is the same principal again.
   *
   * @param options.remember whether the longer policy holds from now on.
   * @throws TypeError unless it is 1 to 256 characters of visible ASCII.
   */
  login(principal: string, options: { remember?: boolean } = {}): void {
    if (!isPrincipal(principal)) throw new TypeError("not 1 to 256 characters of visible ASCII");
    this.#principal = principal;
    this.#remember = options.remember ?? false;
  }

  /** Asks for a new generation. Without a patch it is moot under a key that was minted for this request: no other client has it. */
  rotate(): void {
    this.#rotate = true;
  }

  /** Asks to end the session; what else was asked is moot then. */
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

  /** A rotation that founds a session may be a login by attributes, so it counts: generation 0 is never somebody's. */
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

  /** Whether anything was asked for. */
  get asks(): boolean {
    return this.#patches.length > 0 || this.#flash.length > 0 || this.rotating || this.#end;
  }

  /** Whether something of the session would be stored for the first time; of one that ends at once that is a tombstone. */
  get isFounding(): boolean {
    return this.isNew && this.asks;
  }

  /**
   * A session of its own, under `token`, that asks for what this one asked: where this one cannot be changed any more,
   * a login starts anew. `from` are the attributes that it begins with.
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

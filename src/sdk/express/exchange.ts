import type { ServerResponse } from "node:http";
import { asciiJson, type JsonObject } from "../origin/json.ts";
import type { OriginSession } from "../origin/session.ts";
import { Cookie, type CookieOptions } from "./cookie.ts";
import { mergeDiff } from "./merge-diff.ts";
import { type Callback, newId, Session, type SessionActions } from "./session.ts";
import { type SessionRequest, Store } from "./store.ts";
import { readStored, toStored } from "./stored.ts";

/**
 * Larger changes go through the session API. Servers between the application and Moor often take 4 KiB of response
 * headers in all, and the application has headers of its own.
 */
const HEADER_BYTES = 3_072;

export interface ExchangeOptions {
  readonly cookie: CookieOptions;
  /** Whether taking `req.session` away ends the session. */
  readonly endsUnset: boolean;
  /** The class of `req.session`. Default: `Session`. */
  readonly Session?: typeof Session;
}

interface Change {
  readonly patch: JsonObject;
  /** The attributes with the patch applied. */
  readonly stored: JsonObject;
}

/**
 * The session behind Moor that `req.session` of a request stands for, and the changes that are not yet on their way
 * there.
 */
export class Exchange implements SessionActions {
  readonly #request: SessionRequest;
  readonly #response: ServerResponse;
  readonly #moor: OriginSession;
  readonly #options: ExchangeOptions;
  /** The attributes as they are stored, including the changes on their way. */
  #stored: JsonObject;
  #regenerated = false;
  #hasStartedOver = false;
  #ended = false;
  /** Whether headers can no longer carry a change, even if the response does not say that it has sent them. */
  #areHeadersGone: boolean;
  /** The last change that was given to the session API. The next waits for it, so that no change is sent twice. */
  #storing: Promise<void> = Promise.resolve();

  constructor(request: SessionRequest, response: ServerResponse, moor: OriginSession, options: ExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#moor = moor;
    this.#options = options;
    this.#stored = moor.attributes;
    // Nobody sends the response to an upgrade, because a library writes to the socket. It may be any object.
    this.#areHeadersGone = request.headers.upgrade !== undefined || typeof response.setHeader !== "function";
    this.#load();
  }

  regenerate(callback: Callback): void {
    if (this.#isSent) {
      const reason = "a session cannot be regenerated once the headers are sent, or in a request for a WebSocket";
      setImmediate(callback, new Error(reason));
      return;
    }
    this.#begin();
    setImmediate(callback);
  }

  destroy(callback: Callback): void {
    delete this.#request.session;
    this.#ended = true;
    this.#whenSent(() => this.#moor.api.end(), callback);
  }

  reload(callback: Callback): void {
    const load = async () => {
      if (this.#regenerated || this.#moor.isNew) throw new Error("failed to load session: it is not stored yet");
      this.#stored = (await this.#moor.api.read()).attributes;
      this.#load();
    };
    load().then(() => callback(), callback);
  }

  save(callback: Callback): void {
    this.#whenSent(() => this.storeLate(), callback);
  }

  /**
   * Puts what has changed on the response, whose headers are about to be sent. A later call adds the changes since.
   *
   * @returns whether changes are left, for `storeLate`.
   * @throws MoorOriginError if a change is too much for the headers, and the session API cannot store it either.
   */
  send(): boolean {
    const { session } = this.#request;
    let isLeft = false;
    if (this.#ended || (!session && this.#options.endsUnset)) this.#moor.end();
    else {
      session?.touch?.();
      this.#startOver();
      const change = this.#change();
      isLeft = change !== undefined && this.#isForApi(change.patch);
      if (change && !isLeft) {
        this.#moor.patch(change.patch);
        this.#stored = change.stored;
      }
    }
    this.#moor.apply(this.#response);
    return isLeft;
  }

  /** From now on the session API is the way for all changes. */
  closeHeaders(): void {
    this.#areHeadersGone = true;
  }

  /** Whether something has changed since the headers were sent. */
  get isLate(): boolean {
    return this.#isSent && this.#change() !== undefined;
  }

  /** Stores through the session API what has changed. Headers that can be sent still tell the visitor's token. */
  storeLate(): Promise<void> {
    const store = async () => {
      const change = this.#change();
      if (!change) return;
      await this.#moor.api.patch(change.patch);
      this.#stored = change.stored;
      if (!this.#isSent) this.#moor.apply(this.#response);
    };
    // The caller of the change before has heard of its failure.
    this.#storing = this.#storing.then(store, store);
    return this.#storing;
  }

  get #isSent(): boolean {
    return this.#areHeadersGone || this.#response.headersSent;
  }

  /** A session that is not stored yet can be founded by headers alone, and a login belongs to its response. */
  #isForApi(patch: JsonObject): boolean {
    return !this.#moor.isNew && !this.#regenerated && asciiJson(patch).length > HEADER_BYTES;
  }

  /** Makes the stored session `req.session`. An empty session replaces an expired session. */
  #load(): void {
    const { id, cookie, data, expired } = readStored(this.#stored, this.#options.cookie);
    if (expired) this.#begin();
    else this.#attach(id ?? this.#moor.id ?? newId(), cookie, data);
  }

  #begin(): void {
    this.#regenerated = true;
    // Moor may carry the login out in a session that begins empty, so all of it is sent, also what is as it was before.
    this.#stored = {};
    this.#attach(newId(), new Cookie(this.#options.cookie), {});
  }

  /** Once, because the changes that follow it are part of what it would remove. */
  #startOver(): void {
    if (!this.#regenerated || this.#hasStartedOver) return;
    this.#hasStartedOver = true;
    this.#moor.patch(Object.fromEntries(Object.keys(this.#moor.attributes).map((name) => [name, null])));
    this.#moor.rotate();
  }

  #attach(id: string, cookie: Cookie, data: object): void {
    this.#request.sessionID = id;
    const { Session: Class = Session } = this.#options;
    this.#request.session = new Class(id, cookie, data, this);
    this.#request.sessionStore ??= new Store(this.#request, () => this.#read());
    // Moor's cookie has the flag if the visitor's own request came over https.
    cookie.secure = this.#request.headers["x-forwarded-proto"] === "https";
  }

  async #read(): Promise<object | undefined> {
    if (this.#regenerated || this.#ended || this.#moor.isNew) return undefined;
    const { cookie, data, expired } = readStored((await this.#moor.api.read()).attributes, this.#options.cookie);
    return expired ? undefined : { ...data, cookie };
  }

  /**
   * The changes to store; `undefined` if there are none. An untouched session stays unstored if nothing is stored of
   * its visitor.
   */
  #change(): Change | undefined {
    const { session } = this.#request;
    if (!session || this.#ended) return undefined;
    // A session that somebody else has founded goes by the id that Moor gave it.
    const id = session.id === this.#moor.id ? undefined : session.id;
    const stored = toStored(session, id, this.#stored, this.#options.cookie);
    const isStored = !this.#moor.isNew || Object.keys(this.#stored).length > 0;
    const isEmpty = Object.keys(stored).every((name) => name === "id" || name === "cookie");
    if (!isStored && isEmpty && !this.#regenerated) return undefined;
    const patch = mergeDiff(this.#stored, stored);
    return patch && { patch, stored };
  }

  /** Until the headers are sent they are the way; after that, `work` is. */
  #whenSent(work: () => Promise<void>, callback: Callback): void {
    if (this.#isSent) work().then(() => callback(), callback);
    else setImmediate(callback);
  }
}

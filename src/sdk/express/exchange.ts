import type { IncomingMessage, ServerResponse } from "node:http";
import type { JsonObject } from "../origin/json.ts";
import type { OriginSession } from "../origin/session.ts";
import { Cookie, type CookieOptions } from "./cookie.ts";
import { mergeDiff } from "./merge-diff.ts";
import { type Callback, Session, type SessionActions } from "./session.ts";
import { readStored, toStored } from "./stored.ts";

/** A request with its session. */
export interface SessionRequest extends IncomingMessage {
  session?: Session | null;
  sessionID?: string;
}

export interface ExchangeOptions {
  readonly cookie: CookieOptions;
  /** Whether taking `req.session` away ends the session. */
  readonly endsUnset: boolean;
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
  #ended = false;

  constructor(request: SessionRequest, response: ServerResponse, moor: OriginSession, options: ExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#moor = moor;
    this.#options = options;
    this.#stored = moor.attributes;
    this.#load();
  }

  regenerate(callback: Callback): void {
    if (this.#response.headersSent) {
      setImmediate(callback, new Error("a session cannot be regenerated once the headers are sent"));
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

  /** Puts what has changed on the response, whose headers are about to be sent. @throws MoorOriginError if it is too much. */
  flush(): void {
    const { session } = this.#request;
    if (this.#ended || (!session && this.#options.endsUnset)) this.#moor.end();
    else {
      session?.touch?.();
      if (this.#regenerated) this.#startOver();
      const patch = this.#takeChanges();
      if (patch) this.#moor.patch(patch);
    }
    this.#moor.apply(this.#response);
  }

  /** Whether something has changed since the headers were sent. */
  get isLate(): boolean {
    return this.#response.headersSent && this.#changes() !== undefined;
  }

  /** Stores what has changed since the headers were sent. */
  async storeLate(): Promise<void> {
    const patch = this.#takeChanges();
    if (patch) await this.#moor.api.patch(patch);
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

  #startOver(): void {
    this.#moor.patch(Object.fromEntries(Object.keys(this.#moor.attributes).map((name) => [name, null])));
    this.#moor.rotate();
  }

  #attach(id: string, cookie: Cookie, data: object): void {
    this.#request.sessionID = id;
    this.#request.session = new Session(id, cookie, data, this);
  }

  /**
   * The changes to store; `undefined` if there are none. An untouched session stays unstored if nothing is stored of
   * its visitor.
   */
  #changes(): { patch: JsonObject; stored: JsonObject } | undefined {
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

  #takeChanges(): JsonObject | undefined {
    const changes = this.#changes();
    if (changes) this.#stored = changes.stored;
    return changes?.patch;
  }

  /** Until the headers are sent they are the way; after that, `work` is. */
  #whenSent(work: () => Promise<void>, callback: Callback): void {
    if (this.#response.headersSent) work().then(() => callback(), callback);
    else setImmediate(callback);
  }
}

/** 24 random bytes, as express-session takes them. */
function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("base64url");
}

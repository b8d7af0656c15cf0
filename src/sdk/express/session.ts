import type { Cookie } from "./cookie.ts";

/** Called when the action is done, or with its error. */
export type Callback = (error?: unknown) => void;

/** The actions of a session; the request that the session belongs to carries them out. */
export interface SessionActions {
  regenerate(callback: Callback): void;
  destroy(callback: Callback): void;
  reload(callback: Callback): void;
  save(callback: Callback): void;
}

/** The data that an application keeps in its sessions. Applications augment it with their own names and types. */
export interface SessionData {
  cookie: Cookie;
}

/** `req.session`, as in express-session: properties that are set on it are kept. */
export class Session {
  declare readonly id: string;
  cookie: Cookie;
  readonly #actions: SessionActions;

  constructor(id: string, cookie: Cookie, data: object, actions: SessionActions) {
    Object.defineProperty(this, "id", { value: id });
    this.cookie = cookie;
    this.#actions = actions;
    for (const [name, value] of Object.entries(data)) {
      if (isFree(name)) this[name as keyof this] = value;
    }
  }

  /**
   * Puts an empty session with an id of its own at `req.session`, in place of this session. The visitor's token gets a
   * new generation.
   */
  regenerate(callback: Callback): this {
    this.#actions.regenerate(callback);
    return this;
  }

  /**
   * Ends the session and takes it off the request. Code that runs later in the same request has no session. Without a
   * callback an error becomes a warning of the process.
   */
  destroy(callback: Callback = warn): this {
    this.#actions.destroy(callback);
    return this;
  }

  /** Puts the session as it is stored now at `req.session`; changes that are not stored are forgotten. */
  reload(callback: Callback): this {
    this.#actions.reload(callback);
    return this;
  }

  /**
   * Makes sure that the changes until now are stored. Before the headers are sent there is nothing to do: the changes
   * are part of the response, and Moor commits them before the visitor sees it. After that, and in a request for a
   * WebSocket, they are stored through the session API. Without a callback an error becomes a warning of the process.
   */
  save(callback: Callback = warn): this {
    this.#actions.save(callback);
    return this;
  }

  /** Begins `cookie.maxAge` anew, as each request does by itself. */
  touch(): this {
    return this.resetMaxAge();
  }

  /** The same as `touch`. */
  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge;
    return this;
  }
}

function warn(error?: unknown): void {
  if (error) process.emitWarning(error instanceof Error ? error : String(error));
}

/** 24 random bytes, as express-session takes them. */
export function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("base64url");
}

/**
 * Whether a session can have a property of this name: the names of its methods are taken, and `__proto__` is more than
 * a name.
 */
export function isFree(name: string): boolean {
  return !(name in Session.prototype) && name !== "id" && name !== "cookie";
}

import type { Cookie } from "./cookie.ts";

/** Called when it is done, or with what went wrong. */
export type Callback = (error?: unknown) => void;

/** What a session does; the request that it belongs to does it. */
export interface SessionActions {
  regenerate(callback: Callback): void;
  destroy(callback: Callback): void;
  reload(callback: Callback): void;
  save(callback: Callback): void;
}

/** What an application keeps in its sessions: to be augmented with the names and types of its own. */
export interface SessionData {
  cookie: Cookie;
}

/** `req.session`, as express-session has it: what is set on it is kept. */
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

  /** An empty session with an id of its own in place of this one, at `req.session`; the visitor's token is given a new generation. */
  regenerate(callback: Callback): this {
    this.#actions.regenerate(callback);
    return this;
  }

  /** Ends the session and takes it off the request. What comes after it in the same request has no session. */
  destroy(callback: Callback = () => {}): this {
    this.#actions.destroy(callback);
    return this;
  }

  /** Puts the session as it is stored now at `req.session`; changes that are not stored are forgotten. */
  reload(callback: Callback): this {
    this.#actions.reload(callback);
    return this;
  }

  /**
   * Makes sure of the changes until now. Before the headers are sent there is nothing to do: the changes are part of the response, and
   * Moor commits them before the visitor sees it. After that they are stored through the session API.
   */
  save(callback: Callback = () => {}): this {
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

/** Whether a session can have a property of this name: those of its methods are taken, and `__proto__` is more than a name. */
export function isFree(name: string): boolean {
  return !(name in Session.prototype) && name !== "id" && name !== "cookie";
}

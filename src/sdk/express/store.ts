import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { LoginView } from "../origin/login-view.ts";
import type { Callback, Session } from "./session.ts";

/** A request with its session. */
export interface SessionRequest extends IncomingMessage {
  session?: Session | null;
  sessionID?: string;
  sessionStore?: Store;
  /** `undefined` unless Moor has logged the visitor in at a provider. */
  providerLogin?: LoginView | undefined;
}

/** Reads the data of a request's session as it is stored now; `undefined` if it is not stored. */
export type ReadSession = () => Promise<object | undefined>;

/**
 * `req.sessionStore`: the methods of an express-session store, for the session of its request alone. Moor keeps the
 * sessions, and shows a server only the session of the visitor that it serves. So another id is an error, and there is
 * neither a list of sessions nor a way to clear them.
 */
export class Store extends EventEmitter {
  readonly #request: SessionRequest | undefined;
  readonly #read: ReadSession | undefined;

  /** Without a request it is the store of no session. */
  constructor(request?: SessionRequest, read?: ReadSession) {
    super();
    this.#request = request;
    this.#read = read;
  }

  /** Gives the stored data of the session; `undefined` if it is not stored. */
  get(id: string, callback: (error: unknown, data?: object) => void): void {
    const read = this.#isOwn(id) ? this.#read : undefined;
    if (!read) refuse(callback);
    else
      read().then(
        (data) => callback(null, data),
        (error: unknown) => callback(error),
      );
  }

  /** Gives the session of the request this data, and stores it as `save` does. */
  set(id: string, data: object, callback?: Callback): void {
    const session = this.#own(id);
    if (!session) refuse(callback);
    else {
      if (data !== session) replaceData(session, data);
      session.save(callback);
    }
  }

  /** Ends the session of the request, as its `destroy` does. */
  destroy(id: string, callback?: Callback): void {
    const session = this.#own(id);
    if (session) session.destroy(callback);
    else refuse(callback);
  }

  /** Has nothing to do, because each request touches its session by itself. */
  touch(id: string, _data: object, callback?: Callback): void {
    if (!this.#own(id)) refuse(callback);
    else if (callback) setImmediate(callback);
  }

  #own(id: string): Session | undefined {
    return this.#isOwn(id) ? (this.#request?.session ?? undefined) : undefined;
  }

  #isOwn(id: string): boolean {
    return this.#request !== undefined && id === this.#request.sessionID;
  }
}

/** Gives a session this data in place of its own. It keeps its cookie. */
export function replaceData(session: Session, data: object): void {
  for (const name of Object.keys(session))
    if (name !== "cookie" && !(name in data)) delete session[name as keyof Session];
  Object.assign(session, data, { cookie: session.cookie });
}

function refuse(callback: Callback = (error) => process.emitWarning(error as Error)): void {
  const reason = "req.sessionStore has only the session of its own request, because Moor keeps the sessions";
  setImmediate(callback, new Error(reason));
}

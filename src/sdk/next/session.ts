import { mergeDiff } from "../express/merge-diff.ts";
import type { ChangeCookie } from "../origin/change-cookie.ts";
import { MoorOriginError } from "../origin/errors.ts";
import { asciiJson, type JsonObject, type JsonValue } from "../origin/json.ts";
import type { LoginView } from "../origin/login-view.ts";
import type { OriginSession } from "../origin/session.ts";
import type { SessionView } from "../origin/session-view.ts";

/** The session of a request, if it has any that can be stored. */
export type RequestSession =
  | { readonly isStorable: false }
  | { readonly isStorable: true; readonly session: OriginSession };

/** Larger changes go through the session API, because Next.js hands its cookies on in the headers of a request. */
const COOKIE_BYTES = 3_072;

const NOTHING: SessionView = {
  id: undefined,
  version: 0,
  generation: 0,
  principal: undefined,
  isNew: true,
  stale: false,
  flash: {},
  attributes: {},
};

const MISSING =
  "this request's session cannot be stored: the request has no Moor-Session header. " +
  "It did not come through Moor, or its route carries no session";

/**
 * The session of a request of Next.js. Its members show the changes of this request. Only Server Actions and route handlers can change
 * it: Next.js refuses cookies of a Server Component. Moor commits the changes before the visitor sees the response.
 *
 * A change that is larger than 3 KiB is stored at once by the session API, if the session is stored already and nothing else of this
 * request has changed it.
 */
export class NextSession {
  readonly #opened: RequestSession;
  readonly #send: (cookie: ChangeCookie) => Promise<void>;

  constructor(opened: RequestSession, send: (cookie: ChangeCookie) => Promise<void>) {
    this.#opened = opened;
    this.#send = send;
  }

  /** `undefined` as long as the session is not stored: its first change gives it an id. */
  get id(): string | undefined {
    return this.#view.id;
  }

  /** The user that the session belongs to, `undefined` before a login. */
  get principal(): string | undefined {
    return this.#view.principal;
  }

  /** The session is not stored yet. */
  get isNew(): boolean {
    return this.#view.isNew;
  }

  /** Read while the stores were failing: it may be older than what the visitor has seen. */
  get stale(): boolean {
    return this.#view.stale;
  }

  /** `undefined` unless Moor has logged the visitor in at a provider. */
  get providerLogin(): LoginView | undefined {
    return this.#view.providerLogin;
  }

  /** The values that an earlier response left for this request alone. */
  get flash(): Readonly<JsonObject> {
    return this.#view.flash;
  }

  /** A change of the returned object records nothing. */
  get attributes(): Readonly<JsonObject> {
    return this.#view.attributes;
  }

  /** Replaces an attribute. Throws as `OriginSession.set`; and if the request has no handoff (`handoff-missing`). */
  async set(name: string, value: Exclude<JsonValue, null>): Promise<void> {
    await this.#change(
      (session) => session.set(name, value),
      ({ attributes }) => mergeDiff(attributes, { ...attributes, [name]: value }),
    );
  }

  /** Removes an attribute. Throws as `set`. */
  async delete(name: string): Promise<void> {
    await this.#change((session) => session.delete(name));
  }

  /** Merges into the attributes (RFC 7396). Throws as `OriginSession.patch`, and as `set`. */
  async patch(patch: JsonObject): Promise<void> {
    await this.#change(
      (session) => session.patch(patch),
      () => patch,
    );
  }

  /** Leaves a value for the next page that is asked for through Moor. Throws as `set`. */
  async setFlash(name: string, value: Exclude<JsonValue, null>): Promise<void> {
    await this.#change((session) => session.setFlash(name, value));
  }

  /** The session now belongs to this principal, and rotates. Throws as `OriginSession.login`, and as `set`. */
  async login(principal: string, options: { remember?: boolean } = {}): Promise<void> {
    await this.#change((session) => session.login(principal, options));
  }

  /** Gives the visitor a new token, for a login that an attribute keeps. Throws as `set`. */
  async rotate(): Promise<void> {
    await this.#change((session) => session.rotate());
  }

  /** Ends the session for good. Throws as `set`. */
  async logout(): Promise<void> {
    await this.#change((session) => session.end());
  }

  get #view(): SessionView {
    return this.#opened.isStorable ? this.#opened.session : NOTHING;
  }

  /** @param patchFor the change as a merge patch, if the session API may take it. */
  async #change(
    record: (session: OriginSession) => void,
    patchFor?: (view: SessionView) => JsonObject | undefined,
  ): Promise<void> {
    if (!this.#opened.isStorable) throw new MoorOriginError("handoff-missing", MISSING);
    const { session } = this.#opened;
    // Changes that are on their way to the response would overtake it.
    const mayStore = !session.isNew && session.headers().every(([name]) => name === "Moor-Version");
    const patch = mayStore ? patchFor?.(session) : undefined;
    if (patch && asciiJson(patch).length > COOKIE_BYTES) await session.api.patch(patch);
    else record(session);
    const cookie = await session.cookie();
    if (cookie) await this.#send(cookie);
  }
}

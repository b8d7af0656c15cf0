import { type ChangeCookie, packChanges } from "./change-cookie.ts";
import { applyChanges, type Changes, flashLines, noChanges, patchLines, withPatch } from "./changes.ts";
import { MoorOriginError } from "./errors.ts";
import { type HeaderTarget, replaceHeaders } from "./headers.ts";
import { isJsonObject, type JsonObject, type JsonValue, jsonCopy } from "./json.ts";
import type { LoginView } from "./login-view.ts";
import type { SessionApi, StoredSession } from "./session-api.ts";
import type { SessionView } from "./session-view.ts";
import type { SessionsApi } from "./sessions-api.ts";
import type { SessionTimes } from "./times.ts";

const CONSUMED = [
  "Moor-Patch",
  "Moor-Flash",
  "Moor-Principal",
  "Moor-Remember",
  "Moor-Rotate",
  "Moor-End",
  "Moor-Version",
];

/**
 * The session of a request. It records changes. Nothing leaves the process until `apply` or `headers` puts the changes
 * on the response. Moor commits them before the visitor sees that response.
 */
export class OriginSession implements SessionView {
  #view: SessionView;
  #changes: Changes = noChanges;
  /** The attributes with the changes of this request; `undefined`: to be made when they are asked for. */
  #attributes: JsonObject | undefined;
  #flash: Changes = noChanges;
  #principal: string | undefined;
  #remember = false;
  #rotate = false;
  #ended = false;
  /** The newest version that this request has learned of through the API. */
  #learned: number | undefined;

  /**
   * The session API, for changes that cannot wait for the response: a change that must be stored before something else
   * happens, or after the headers are sent. The API's answer becomes this session's state, with the recorded changes on
   * top. As long as headers can be sent, they announce the version (`Moor-Version`), so that the visitor's next request
   * sees it. After `login` or `rotate` it takes no patch (`session-over`).
   */
  readonly api: SessionApi;

  /** The sessions of this session's principal. If a call ends this session, the response clears the visitor's token. */
  readonly sessions: SessionsApi;

  readonly #handoff: string;

  constructor(
    view: SessionView,
    { session: api, sessions }: { session: SessionApi; sessions: SessionsApi },
    handoff = "",
  ) {
    this.#view = view;
    this.#handoff = handoff;
    this.sessions = {
      ...sessions,
      end: async (id) => {
        await sessions.end(id);
        if (id === this.id) this.end();
      },
      endAll: async () => {
        const ended = await sessions.endAll();
        this.end();
        return ended;
      },
    };
    this.api = {
      read: async () => this.#learn(await api.read()),
      renew: async () => this.#learn(await api.renew()),
      patch: async (patch, options) => {
        this.#refuseRotated();
        return this.#learn(await api.patch(patch, options));
      },
      end: async () => {
        await api.end();
        this.end();
      },
    };
  }

  get id(): string | undefined {
    return this.#view.id;
  }

  get version(): number {
    return this.#view.version;
  }

  get generation(): number {
    return this.#view.generation;
  }

  get isNew(): boolean {
    return this.#view.isNew;
  }

  get stale(): boolean {
    return this.#view.stale;
  }

  get movedFrom(): string | undefined {
    return this.#view.movedFrom;
  }

  get providerLogin(): LoginView | undefined {
    return this.#view.providerLogin;
  }

  get host(): string | undefined {
    return this.#view.host;
  }

  get scheme(): string | undefined {
    return this.#view.scheme;
  }

  get times(): SessionTimes | undefined {
    return this.#view.times;
  }

  get flash(): Readonly<JsonObject> {
    return this.#view.flash;
  }

  /** The principal, with a login of this request. */
  get principal(): string | undefined {
    return this.#ended ? undefined : (this.#principal ?? this.#view.principal);
  }

  /** The attributes, with the changes of this request. A change of the returned object records nothing. */
  get attributes(): Readonly<JsonObject> {
    const before = this.#view.principal;
    const kept = before === undefined || before === this.principal;
    this.#attributes ??= applyChanges(kept ? this.#view.attributes : {}, this.#changes);
    return this.#attributes;
  }

  /**
   * Replaces an attribute. Where parallel requests may change different members of an object, use `patch`.
   *
   * @throws TypeError if the value is not JSON, is null, or has a null in an object (RFC 7396 cannot keep such a null).
   * @throws MoorOriginError `change-too-large`, `session-ended`.
   */
  set(name: string, value: Exclude<JsonValue, null>): void {
    const copy = jsonCopy(value, "refuse");
    this.#record(isJsonObject(copy) ? [member(name, null), member(name, copy)] : [member(name, copy)]);
  }

  /**
   * Removes an attribute. Removing an absent attribute changes nothing.
   *
   * @throws MoorOriginError `change-too-large`, `session-ended`.
   */
  delete(name: string): void {
    this.#record([member(name, null)]);
  }

  /**
   * Merges into the attributes (RFC 7396): an object merges, null removes, any other value replaces.
   *
   * @throws TypeError if the patch is not a JSON object.
   * @throws MoorOriginError `change-too-large`, `session-ended`.
   */
  patch(patch: JsonObject): void {
    const copy = jsonCopy(patch, "remove");
    if (!isJsonObject(copy)) throw new TypeError("a patch must be an object");
    this.#record([copy]);
  }

  /**
   * Leaves a value for the next page that is asked for, which alone is shown it: "Saved." after a redirect. All of them
   * together may have 2 KiB.
   *
   * @throws TypeError as `set`.
   * @throws MoorOriginError `change-too-large`, `session-ended`.
   */
  setFlash(name: string, value: Exclude<JsonValue, null>): void {
    this.#refuseEnded();
    const changes = withPatch(this.#flash, member(name, jsonCopy(value, "refuse")));
    flashLines(changes);
    this.#flash = changes;
  }

  /**
   * The session now belongs to this principal, and rotates. A session without a principal keeps its attributes. A
   * session of another principal ends, and a new session begins with the changes of this request alone.
   *
   * @param principal 1 to 256 visible ASCII characters.
   * @param options.remember whether the visitor asked to be remembered; the configuration needs `session.remember`.
   * @throws MoorOriginError `principal-malformed`, `session-ended`.
   */
  login(principal: string, options: { remember?: boolean } = {}): void {
    this.#refuseEnded();
    if (!/^[\x21-\x7e]{1,256}$/.test(principal)) {
      throw new MoorOriginError("principal-malformed", "a principal is 1 to 256 visible ASCII characters");
    }
    this.#principal = principal;
    this.#remember = options.remember ?? false;
    this.#attributes = undefined;
  }

  /**
   * Raises the generation: tokens given out before stop working, after a short grace.
   *
   * @throws MoorOriginError `session-ended`.
   */
  rotate(): void {
    this.#refuseEnded();
    this.#rotate = true;
  }

  /** Ends the session for good, with everything that this request has changed. */
  end(): void {
    this.#ended = true;
    this.#changes = noChanges;
    this.#flash = noChanges;
    this.#attributes = {};
  }

  /** The response headers that ask Moor for the changes; empty if there are no changes. */
  headers(): [name: string, value: string][] {
    if (this.#ended) return [["Moor-End", "1"]];
    const headers = patchLines(this.#changes).map((line): [string, string] => ["Moor-Patch", line]);
    headers.push(...flashLines(this.#flash).map((line): [string, string] => ["Moor-Flash", line]));
    if (this.#principal !== undefined) headers.push(["Moor-Principal", this.#principal]);
    if (this.#remember) headers.push(["Moor-Remember", "1"]);
    if (this.#rotate) headers.push(["Moor-Rotate", "1"]);
    if (this.#learned !== undefined) headers.push(["Moor-Version", String(this.#learned)]);
    return headers;
  }

  /**
   * Puts `headers()` on a Node `ServerResponse`, a Fetch `Response` or its `Headers`, and replaces the headers of an
   * earlier call. Call it before the headers are sent. A Fetch response that came from `fetch` or `Response.redirect`
   * is immutable: copy it first.
   */
  apply(response: HeaderTarget): void {
    replaceHeaders(response, CONSUMED, this.headers());
  }

  /**
   * The cookie that asks Moor for the changes, in place of `headers()`, for a framework that can set cookies and no headers.
   * `undefined` if there are no changes. Moor takes the cookie off the response.
   */
  async cookie(): Promise<ChangeCookie | undefined> {
    const headers = this.headers();
    return headers.length === 0 ? undefined : packChanges(headers, this.#handoff);
  }

  #learn(stored: StoredSession): StoredSession {
    if (stored.version > this.#view.version) this.#learned = stored.version;
    this.#view = { ...this.#view, ...stored };
    if (!this.#ended) this.#attributes = undefined;
    return stored;
  }

  #record(patches: readonly JsonObject[]): void {
    this.#refuseEnded();
    const changes = patches.reduce(withPatch, this.#changes);
    patchLines(changes);
    this.#changes = changes;
    this.#attributes = undefined;
  }

  /** The request's handoff is of the generation before, which may be in a stranger's hands: they must see nothing of the login. */
  #refuseRotated(): void {
    if (this.#principal === undefined && !this.#rotate) return;
    throw new MoorOriginError(
      "session-over",
      "the request logs in or rotates: what else it stores goes with the response",
    );
  }

  #refuseEnded(): void {
    if (this.#ended) throw new MoorOriginError("session-ended", "the session has been ended by this request");
  }
}

function member(name: string, value: JsonValue): JsonObject {
  return Object.fromEntries([[name, value]]);
}

import { applyChanges, type Changes, noChanges, patchLines, withPatch } from "./changes.ts";
import { MoorOriginError } from "./errors.ts";
import { type HeaderTarget, replaceHeaders } from "./headers.ts";
import { isJsonObject, type JsonObject, type JsonValue, jsonCopy } from "./json.ts";

/** What Moor told of the session that a request belongs to. */
export interface SessionView {
  /** `undefined` as long as the session is not stored: its first change gives it one. */
  readonly id: string | undefined;
  /** Goes up with every committed change; 0 as long as the session is not stored. */
  readonly version: number;
  /** Goes up with every login and rotation. */
  readonly generation: number;
  /** The user that the session belongs to, `undefined` before a login. */
  readonly principal: string | undefined;
  /** The session is not stored yet. */
  readonly isNew: boolean;
  /** Read while the stores were failing: it may be older than what the visitor has seen. */
  readonly stale: boolean;
  readonly attributes: Readonly<JsonObject>;
}

/**
 * The session of one request. It records what is to change; nothing leaves the process until `apply` or `headers`
 * puts it on the response, and Moor commits it before the visitor sees that response.
 */
export class OriginSession implements SessionView {
  readonly #view: SessionView;
  #changes: Changes = noChanges;
  #attributes: JsonObject;
  #principal: string | undefined;
  #rotate = false;
  #ended = false;

  constructor(view: SessionView) {
    this.#view = view;
    this.#attributes = view.attributes;
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

  /** The principal, with a login of this request. */
  get principal(): string | undefined {
    return this.#ended ? undefined : (this.#principal ?? this.#view.principal);
  }

  /** The attributes, with the changes of this request. Changing the object itself records nothing. */
  get attributes(): Readonly<JsonObject> {
    return this.#attributes;
  }

  /**
   * Replaces one attribute. Where parallel requests may change different members of one object, use `patch`.
   *
   * @throws TypeError if the value is not JSON, is null, or has a null in an object (RFC 7396 cannot keep one).
   * @throws MoorOriginError `change-too-large`, `session-ended`.
   */
  set(name: string, value: Exclude<JsonValue, null>): void {
    const copy = jsonCopy(value, "refuse");
    this.#record(isJsonObject(copy) ? [member(name, null), member(name, copy)] : [member(name, copy)]);
  }

  /**
   * Removes one attribute; one that is not there stays so.
   *
   * @throws MoorOriginError `change-too-large`, `session-ended`.
   */
  delete(name: string): void {
    this.#record([member(name, null)]);
  }

  /**
   * Merges into the attributes (RFC 7396): objects merge, null removes, all else replaces.
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
   * The session now belongs to this principal, and rotates. One without a principal keeps its attributes; one of
   * another principal ends, and a new one begins with the changes of this request alone.
   *
   * @param principal 1 to 256 visible ASCII characters.
   * @throws MoorOriginError `principal-malformed`, `session-ended`.
   */
  login(principal: string): void {
    this.#refuseEnded();
    if (!/^[\x21-\x7e]{1,256}$/.test(principal)) {
      throw new MoorOriginError("principal-malformed", "a principal is 1 to 256 visible ASCII characters");
    }
    this.#principal = principal;
    this.#refresh();
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
    this.#attributes = {};
  }

  /** The response headers that ask Moor for the changes; empty if there are none. */
  headers(): [name: string, value: string][] {
    if (this.#ended) return [["Moor-End", "1"]];
    const headers = patchLines(this.#changes).map((line): [string, string] => ["Moor-Patch", line]);
    if (this.#principal !== undefined) headers.push(["Moor-Principal", this.#principal]);
    if (this.#rotate) headers.push(["Moor-Rotate", "1"]);
    return headers;
  }

  /**
   * Puts `headers()` on a Node `ServerResponse`, a Fetch `Response` or its `Headers`, in place of what an earlier
   * call put there. Call it before the headers are sent. A Fetch response that came from `fetch` or
   * `Response.redirect` is immutable: copy it first.
   */
  apply(response: HeaderTarget): void {
    replaceHeaders(response, ["Moor-Patch", "Moor-Principal", "Moor-Rotate", "Moor-End"], this.headers());
  }

  #record(patches: readonly JsonObject[]): void {
    this.#refuseEnded();
    const changes = patches.reduce(withPatch, this.#changes);
    patchLines(changes);
    this.#changes = changes;
    this.#refresh();
  }

  #refresh(): void {
    const before = this.#view.principal;
    const kept = before === undefined || before === this.principal;
    this.#attributes = applyChanges(kept ? this.#view.attributes : {}, this.#changes);
  }

  #refuseEnded(): void {
    if (this.#ended) throw new MoorOriginError("session-ended", "the session has been ended by this request");
  }
}

function member(name: string, value: JsonValue): JsonObject {
  return Object.fromEntries([[name, value]]);
}

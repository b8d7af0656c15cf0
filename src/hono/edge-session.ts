import { addPatch, patchesOf } from "../sdk/origin/changes.ts";
import { isJsonObject, type JsonValue, jsonCopy } from "../sdk/origin/json.ts";
import { isPrincipal } from "../session/change.ts";
import { checkPatch, type Json, type JsonObject, MAX_PATCHES, Merging } from "../session/patch.ts";
import type { Intent, Session } from "../session/session.ts";
import type { AnyAttributes, NameOf, PatchOf, ValueOf } from "./attributes.ts";
import { MoorHonoError } from "./errors.ts";

/** What the handlers of a request ask of its session. */
export interface Asked {
  /** The values that an attribute is patched with, in a row; see `Changes` of moor/origin. */
  patches: Map<string, readonly JsonValue[]>;
  flash: Map<string, readonly JsonValue[]>;
  principal?: string;
  remember: boolean;
  rotate: boolean;
  end: boolean;
  /** Whether it is being carried out: what is asked after that comes too late. */
  closed: boolean;
}

/** Nothing yet. */
export function askedNothing(): Asked {
  return { patches: new Map(), flash: new Map(), remember: false, rotate: false, end: false, closed: false };
}

/** The changes of the session that the handlers ask for. */
export function intentOf({ closed, patches, flash, ...asked }: Asked): Intent {
  return { ...asked, kind: "intent", patches: patchesOf(patches), flash: patchesOf(flash) };
}

/**
 * The session of one request, for its handlers. It records what is to change; when they have returned, Moor commits that, before the
 * visitor sees the response. If one of them throws, nothing is committed.
 */
export class EdgeSession<Attributes extends object = AnyAttributes> {
  readonly #session: Session;
  readonly #asked: Asked;
  readonly #remembers: boolean;
  /** The attributes with what has been asked; `undefined`: nothing has. */
  #merging: Merging | undefined;

  /**
   * @param asked takes what is asked.
   * @param remembers whether the configuration has `session.remember`.
   */
  constructor(session: Session, asked: Asked, remembers: boolean) {
    this.#session = session;
    this.#asked = asked;
    this.#remembers = remembers;
  }

  /**
   * Names the session, and is no secret: SHA-256 of its key. As long as the session is new it may become another with the next request;
   * from the first change on it stays, until another principal logs in.
   */
  get id(): string {
    return this.#session.token.id;
  }

  /** Whether nothing was stored of it when the request came. */
  get isNew(): boolean {
    return this.#session.view === undefined;
  }

  /** Goes up with every committed change; 0 as long as nothing is stored. Changes of this request do not count yet. */
  get version(): number {
    return this.#session.view?.version ?? 0;
  }

  /** Goes up with every login and rotation. */
  get generation(): number {
    return this.#session.view?.generation ?? 0;
  }

  /** Whether it was read while stores were failing: it may be older than what the visitor has seen. */
  get stale(): boolean {
    return this.#session.stale;
  }

  /** What an earlier response has left for this request alone; see `setFlash`. */
  get flash(): JsonObject {
    return copyOf(this.#session.flash ?? {}) as JsonObject;
  }

  /** The user that the session belongs to, with a login of this request; `undefined` before one. */
  get principal(): string | undefined {
    return this.#asked.end ? undefined : (this.#asked.principal ?? this.#session.view?.principal);
  }

  /** A copy of all attributes, with the changes of this request. */
  get attributes(): Partial<Attributes> {
    return copyOf(this.#merging?.result ?? this.#stored) as Partial<Attributes>;
  }

  /** A copy of one attribute, with the changes of this request: to change it, `set` it. */
  get<Name extends NameOf<Attributes>>(name: Name): Attributes[Name] | undefined {
    const attributes = this.#stored;
    const stored = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    const value = this.#merging ? this.#merging.get(name) : stored;
    return value === undefined ? undefined : (copyOf(value) as Attributes[Name]);
  }

  /**
   * Replaces one attribute. Where parallel requests may change different members of one object, use `patch`.
   *
   * @throws TypeError if the value is not JSON, is null, has a null in an object (RFC 7396 cannot keep one), or nests deeper than 31
   * levels.
   * @throws MoorHonoError `session-committed`, `session-ended`.
   */
  set<Name extends NameOf<Attributes>>(name: Name, value: ValueOf<Attributes, Name>): void {
    const copy = jsonCopy(value, "refuse");
    this.#record(isJsonObject(copy) ? [member(name, null), member(name, copy)] : [member(name, copy)]);
  }

  /**
   * Removes one attribute; one that is not there stays so.
   *
   * @throws MoorHonoError `session-committed`, `session-ended`.
   */
  delete(name: NameOf<Attributes>): void {
    this.#record([member(name, null)]);
  }

  /**
   * Merges into the attributes (RFC 7396): objects merge, null removes, all else replaces.
   *
   * @throws TypeError if the patch is not a JSON object, or nests deeper than 32 levels.
   * @throws MoorHonoError `session-committed`, `session-ended`.
   */
  patch(patch: PatchOf<Attributes>): void {
    this.#record([jsonCopy(patch, "remove")]);
  }

  /**
   * Leaves a value for the next page that is asked for, which alone is shown it: "Saved." after a redirect. All of them together may
   * have 2 KiB.
   *
   * @throws TypeError as `set`.
   * @throws MoorHonoError `session-committed`, `session-ended`.
   */
  setFlash(name: string, value: Exclude<Json, null>): void {
    this.#refuseLate();
    add(this.#asked.flash, [checkPatch(member(name, jsonCopy(value, "refuse")))]);
  }

  /**
   * The session now belongs to this principal, and rotates. One without a principal keeps its attributes; one of another principal
   * ends, and a new one begins with the changes of this request alone.
   *
   * @param principal 1 to 256 visible ASCII characters.
   * @param options.remember whether the visitor asked to be remembered; the configuration needs `session.remember`.
   * @throws TypeError if the principal is none, or nobody is remembered.
   * @throws MoorHonoError `session-committed`, `session-ended`.
   */
  login(principal: string, { remember = false }: { remember?: boolean } = {}): void {
    this.#refuseLate();
    if (!isPrincipal(principal)) throw new TypeError("a principal is 1 to 256 visible ASCII characters");
    if (remember && !this.#remembers) throw new TypeError("the configuration has no session.remember");
    this.#asked.principal = principal;
    this.#asked.remember = remember;
    const before = this.#session.view?.principal;
    this.#merging = new Merging(before === undefined || before === principal ? this.#stored : {});
    this.#merge(patchesOf(this.#asked.patches));
  }

  /**
   * Raises the generation: tokens given out before stop working, after a short grace.
   *
   * @throws MoorHonoError `session-committed`, `session-ended`.
   */
  rotate(): void {
    this.#refuseLate();
    this.#asked.rotate = true;
  }

  /**
   * Ends the session for good, with everything that this request has changed.
   *
   * @throws MoorHonoError `session-committed`.
   */
  end(): void {
    if (this.#asked.end) return;
    this.#refuseLate();
    Object.assign(this.#asked, { ...askedNothing(), principal: undefined, end: true });
    this.#merging = new Merging({});
  }

  /** The attributes as the request was shown them. */
  get #stored(): JsonObject {
    return this.#session.view?.attributes ?? {};
  }

  #record(patches: readonly Json[]): void {
    this.#refuseLate();
    const checked = patches.map(checkPatch);
    add(this.#asked.patches, checked);
    this.#merge(checked);
  }

  #merge(patches: readonly JsonObject[]): void {
    this.#merging ??= new Merging(this.#stored);
    for (const patch of patches) this.#merging.merge(patch);
  }

  #refuseLate(): void {
    if (this.#asked.closed) {
      const late = "the handlers have returned: what a stream does later cannot change the session any more";
      throw new MoorHonoError("session-committed", late);
    }
    if (this.#asked.end) throw new MoorHonoError("session-ended", "the session has been ended by this request");
  }
}

/** A copy of JSON. `structuredClone` leaves JavaScript for it, which costs ten times as much. */
function copyOf(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}

/** Adds patches to those that were asked for, or throws and adds none. */
function add(asked: Asked["patches"], patches: readonly JsonObject[]): void {
  const touched = new Map(patches.flatMap((patch) => Object.keys(patch)).map((name) => [name, asked.get(name) ?? []]));
  for (const patch of patches) addPatch(touched, patch as Record<string, JsonValue>);
  for (const [name, values] of touched) {
    if (values.length > MAX_PATCHES) {
      throw new MoorHonoError(
        "change-too-large",
        `attribute ${JSON.stringify(name)} would take more than ${MAX_PATCHES} patches`,
      );
    }
  }
  for (const [name, values] of touched) asked.set(name, values);
}

function member(name: string, value: Json): JsonObject {
  return Object.fromEntries([[name, value]]);
}

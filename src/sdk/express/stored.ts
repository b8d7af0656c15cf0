import { isJsonObject, type JsonObject, type JsonValue } from "../origin/json.ts";
import { Cookie, type CookieOptions, isMaxAge } from "./cookie.ts";
import { isFree } from "./session.ts";

/**
 * Names that properties of express-session's sessions cannot have, so that these values can be kept with the
 * properties.
 */
const ID = "id";
const COOKIE = "cookie";
/** Before such a name, if another application has set the attribute: a session of PHP may have its user's id as `id`. */
const OTHERS = "other:";
const told = new Set<string>();

/** A session as it lies in Moor's attributes. */
export interface Stored {
  readonly id: string | undefined;
  readonly cookie: Cookie;
  readonly data: JsonObject;
  readonly expired: boolean;
}

/** The part of `maxAge` by which a stored expiry may lag, so that not every request writes a new expiry. */
const TOUCHED_EVERY = 0.1;

/**
 * Reads attributes. Without an expiry of its own a session has that of `options`. It never expires early, and up to a tenth late. Values of
 * another application that are called `id` or `cookie` become the properties `other:id` and `other:cookie`.
 */
export function readStored(attributes: Readonly<JsonObject>, options: CookieOptions): Stored {
  // The application changes `data` in place, and the stored attributes are compared with it.
  const { [ID]: id, [COOKIE]: cookie, ...data } = structuredClone(attributes) as JsonObject;
  const named = isOwnId(id) ? id : undefined;
  if (named === undefined) keepOther(data, ID, id);
  if (!isOwnExpiry(cookie)) {
    keepOther(data, COOKIE, cookie);
    return { id: named, cookie: new Cookie(options), data, expired: false };
  }
  if (cookie.expires === undefined) return { id: named, cookie: new Cookie(), data, expired: false };
  const { originalMaxAge } = cookie;
  const expiresAt = Date.parse(cookie.expires);
  const restored = Cookie.restored(originalMaxAge, new Date(expiresAt));
  return { id: named, cookie: restored, data, expired: (restored.maxAge ?? 0) < -originalMaxAge * TOUCHED_EVERY };
}

/** Whether a value is an id that {@link newId} makes. */
function isOwnId(id: JsonValue | undefined): id is string {
  return typeof id === "string" && /^[\w-]{32}$/.test(id);
}

/** Whether a value is an expiry, as {@link storedExpiry} has it. It is empty if the session has none. */
function isOwnExpiry(
  cookie: JsonValue | undefined,
): cookie is { originalMaxAge: number; expires: string } | { expires?: never; originalMaxAge?: never } {
  if (!isJsonObject(cookie)) return false;
  const { originalMaxAge, expires, ...more } = cookie;
  if (Object.keys(more).length > 0) return false;
  if (originalMaxAge === undefined && expires === undefined) return true;
  return isMaxAge(originalMaxAge) && typeof expires === "string" && !Number.isNaN(Date.parse(expires));
}

/** Keeps the value of another application under its name with the prefix, and names it once to the operators of this server. */
function keepOther(data: JsonObject, name: string, value: JsonValue | undefined): void {
  if (value === undefined) return;
  data[OTHERS + name] = value;
  if (told.has(name)) return;
  told.add(name);
  process.emitWarning(
    `Another application has set the value "${name}" of a session. It is req.session["${OTHERS}${name}"] here.`,
    {
      code: "MOOR_SESSION_RENAMED",
    },
  );
}

/**
 * A session as attributes: its own properties as `JSON.stringify` has them. A cookie that only moves its expiry a little stays as it was
 * stored.
 *
 * @param before the attributes as they are stored.
 */
export function toStored(
  session: object,
  id: string | undefined,
  before: JsonObject,
  options: CookieOptions,
): JsonObject {
  const { [COOKIE]: cookie, ...own } = session as { cookie?: Cookie };
  const data = JSON.parse(JSON.stringify(own)) as JsonObject;
  // Attributes that a session here cannot show stay as another origin has set them.
  for (const [name, value] of Object.entries(before)) {
    if (!isFree(name) && name !== ID && name !== COOKIE) define(data, name, value);
  }
  const expiry = cookie && storedExpiry(cookie, before[COOKIE], options);
  const { [OTHERS + ID]: otherId, [OTHERS + COOKIE]: otherCookie, ...free } = data;
  const [ownId, ownExpiry] = [otherId ?? id, otherCookie ?? expiry];
  return {
    ...free,
    ...(ownId !== undefined && { [ID]: ownId }),
    ...(ownExpiry !== undefined && { [COOKIE]: ownExpiry }),
  };
}

function storedExpiry(
  { originalMaxAge, expires }: Cookie,
  before: unknown,
  options: CookieOptions,
): JsonObject | undefined {
  // An empty expiry records that the session has none although the options set a `maxAge`.
  if (originalMaxAge === null || expires === null) return new Cookie(options).maxAge === null ? undefined : {};
  if (isJsonObject(before) && before.originalMaxAge === originalMaxAge && typeof before.expires === "string") {
    const lagMs = expires.getTime() - Date.parse(before.expires);
    if (Math.abs(lagMs) <= originalMaxAge * TOUCHED_EVERY) return before;
  }
  return { originalMaxAge, expires: expires.toISOString() };
}

/** An assignment to `__proto__` would set the prototype. */
function define(data: JsonObject, name: string, value: JsonValue): void {
  Object.defineProperty(data, name, { value, configurable: true, enumerable: true, writable: true });
}

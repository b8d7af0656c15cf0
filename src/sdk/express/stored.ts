import { isJsonObject, type JsonObject, type JsonValue } from "../origin/json.ts";
import { Cookie, type CookieOptions, isMaxAge } from "./cookie.ts";
import { isFree } from "./session.ts";

/**
 * Names that properties of express-session's sessions cannot have, so that these values can be kept with the
 * properties.
 */
const ID = "id";
const COOKIE = "cookie";

/** A session as it lies in Moor's attributes. */
export interface Stored {
  readonly id: string | undefined;
  readonly cookie: Cookie;
  readonly data: JsonObject;
  readonly expired: boolean;
}

/** The part of `maxAge` by which a stored expiry may lag, so that not every request writes a new expiry. */
const TOUCHED_EVERY = 0.1;

/** Reads attributes. Without an expiry of its own a session has that of `options`. It never expires early, and up to a tenth late. */
export function readStored(
  { [ID]: id, [COOKIE]: cookie, ...attributes }: Readonly<JsonObject>,
  options: CookieOptions,
): Stored {
  // The application changes `data` in place, and the stored attributes are compared with it.
  const data = structuredClone(attributes);
  const named = typeof id === "string" ? id : undefined;
  if (!isJsonObject(cookie)) return { id: named, cookie: new Cookie(options), data, expired: false };
  const { originalMaxAge, expires } = cookie;
  const expiresAt = typeof expires === "string" ? Date.parse(expires) : Number.NaN;
  if (!isMaxAge(originalMaxAge) || Number.isNaN(expiresAt)) {
    return { id: named, cookie: new Cookie(), data, expired: false };
  }
  const restored = Cookie.restored(originalMaxAge, new Date(expiresAt));
  return { id: named, cookie: restored, data, expired: (restored.maxAge ?? 0) < -originalMaxAge * TOUCHED_EVERY };
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
  return { ...data, ...(id !== undefined && { [ID]: id }), ...(expiry && { [COOKIE]: expiry }) };
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

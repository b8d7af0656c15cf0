import type { Permission } from "../../config/pool-types.ts";
import type { PoolRights } from "../../config/resolved.ts";
import { cacheHeader, TARGETED_CACHE_CONTROL } from "../../lib/caching-headers.ts";
import { MAX_FLASH_BYTES } from "../../session/apply.ts";
import { isPrincipal } from "../../session/change.ts";
import { type JsonObject, parsePatches } from "../../session/patch.ts";
import { type Intent, NO_INTENT } from "../../session/session.ts";
import { MAX_CLOSED_SECONDS, parseClosed } from "../health/closings.ts";

/** Why a response is refused; `reason` holds no value of the session. */
export interface RefusedResponse {
  readonly kind: "refused";
  readonly header: string;
  readonly reason: string;
}

/** Limit of all `Moor-Patch` headers of a response together. */
export const MAX_PATCH_HEADER_BYTES = 16 * 1024;

/** A list, because a set looks up each name of a response among all texts of the isolate. */
const TARGETING_CACHES: readonly string[] = TARGETED_CACHE_CONTROL.map((name) => name.toLowerCase());

type Mutable = { -readonly [K in keyof Intent]: Intent[K] };

const PERMISSION_FOR: Record<string, Permission | undefined> = {
  "moor-patch": "patch",
  "moor-flash": "patch",
  "moor-principal": "principal",
  "moor-remember": "principal",
  "moor-rotate": "principal",
  "moor-end": "end",
};
/** Whether a header asks for a change of the session, or tells its version; `name` in small letters. */
export function isHeaderOfChange(name: string): boolean {
  return Object.hasOwn(PERMISSION_FOR, name) || name === "moor-version";
}

/** Headers that may name an address of the origin. */
const ADDRESSES: readonly string[] = ["location", "refresh", "content-location"];

/** What a response's headers are called. */
export interface HeaderNames {
  /** Moor's own: consumed here, never shown to the client. */
  readonly moor: readonly string[];
  /** Whether there are headers that may name an address of the origin. */
  readonly hasAddress: boolean;
  /** Whether there is a `Set-Cookie`. */
  readonly setsCookies: boolean;
  readonly hasCacheControl: boolean;
  /** Whether there may be headers that caches prefer to `Cache-Control`. */
  readonly mayTargetCaches: boolean;
  /** Whether there may be headers by which a cache shows that it has served the response. */
  readonly mayTellOfCache: boolean;
}

/**
 * Looks at the names of a response's headers once.
 *
 * @param announced the only headers of Moor's that the response may have. Default: it may have any.
 */
export function namesIn(headers: Headers, announced?: readonly string[]): HeaderNames {
  if (announced) return announcedNamesIn(headers, announced);
  const moor: string[] = [];
  let hasAddress = false;
  let setsCookies = false;
  let hasCacheControl = false;
  let mayTargetCaches = false;
  let mayTellOfCache = false;
  for (const name of headers.keys()) {
    if (name.startsWith("moor-")) moor.push(name);
    else if (name === "set-cookie") setsCookies = true;
    else if (name === "cache-control") hasCacheControl = true;
    else if (ADDRESSES.includes(name)) hasAddress = true;
    else if (TARGETING_CACHES.includes(name)) mayTargetCaches = true;
    else if (name === "age" || name === "cf-cache-status") mayTellOfCache = true;
  }
  return { moor, hasAddress: hasAddress || setsCookies, setsCookies, hasCacheControl, mayTargetCaches, mayTellOfCache };
}

function announcedNamesIn(headers: Headers, announced: readonly string[]): HeaderNames {
  const setsCookies = headers.has("Set-Cookie");
  return {
    moor: announced.filter((name) => headers.has(name)).map((name) => name.toLowerCase()),
    hasAddress: setsCookies || ADDRESSES.some((name) => headers.has(name)),
    setsCookies,
    hasCacheControl: headers.has("Cache-Control"),
    // Only a request with a change or a token asks, so the names are looked up then.
    mayTargetCaches: true,
    mayTellOfCache: true,
  };
}

/** The same of a response that no origin has made: it asks for nothing by headers. Two questions cost less than all names. */
export function namesInOwn(headers: Headers): HeaderNames {
  const [setsCookies, hasCacheControl] = [headers.has("Set-Cookie"), headers.has("Cache-Control")];
  return { moor: [], hasAddress: false, setsCookies, hasCacheControl, mayTargetCaches: true, mayTellOfCache: true };
}

/**
 * Reads the changes that an origin's response asks for.
 *
 * @param names the names of its headers; those that are Moor's ask for changes.
 * @param rights what the origin's pool may ask for, and write.
 * @param remembers whether the configuration has a policy for remembered users.
 * @returns the changes, or why the response must be refused: a change is never dropped in silence.
 */
export function readIntent(
  headers: Headers,
  { moor, mayTellOfCache }: HeaderNames,
  { may, write }: PoolRights,
  remembers: boolean,
): Intent | RefusedResponse {
  const intent: Mutable = { ...NO_INTENT };
  for (const name of moor) {
    const permission = PERMISSION_FOR[name];
    if (permission && !may.includes(permission)) {
      return { kind: "refused", header: name, reason: `the pool may not ask for "${permission}", see its session.may` };
    }
    const reason = readInto(intent, name, headers.get(name) ?? "", write);
    if (reason !== undefined) return { kind: "refused", header: name, reason };
  }
  if (intent.remember && (intent.principal === undefined || !remembers)) {
    const reason = remembers ? "without Moor-Principal" : "the configuration has no session.remember";
    return { kind: "refused", header: "moor-remember", reason };
  }
  const cached = moor.length > 0 && mayTellOfCache ? cacheHeader(headers) : undefined;
  // A cached login would be replayed to the next visitor.
  return cached === undefined
    ? intent
    : { kind: "refused", header: cached, reason: "the response comes from a cache and carries a change" };
}

/** Why patches are refused that touch an attribute which their pool may not write, nor leave for the next page. */
const NOT_WRITABLE = "the pool may not write such an attribute: session.write has those that it may";

/** Whether patches touch only attributes that a pool may write. */
export function isWritable(patches: readonly JsonObject[], write: PoolRights["write"]): boolean {
  return write === true || patches.every((patch) => Object.keys(patch).every((name) => write.includes(name)));
}

/** Reads a header. Returns the header's fault, if it has any. */
function readInto(intent: Mutable, name: string, value: string, write: PoolRights["write"]): string | undefined {
  switch (name) {
    case "moor-patch":
      if (value.length > MAX_PATCH_HEADER_BYTES) return `${value.length} bytes, at most ${MAX_PATCH_HEADER_BYTES}`;
      try {
        // Several headers of the same name arrive joined by commas, which makes them the members of an array.
        intent.patches = parsePatches(`[${value}]`);
      } catch (error) {
        return (error as TypeError).message;
      }
      return isWritable(intent.patches, write) ? undefined : NOT_WRITABLE;
    case "moor-flash":
      if (value.length > MAX_FLASH_BYTES) return `${value.length} bytes, at most ${MAX_FLASH_BYTES}`;
      try {
        intent.flash = parsePatches(`[${value}]`);
      } catch (error) {
        return (error as TypeError).message;
      }
      return isWritable(intent.flash, write) ? undefined : NOT_WRITABLE;
    case "moor-remember":
      intent.remember = true;
      return value === "1" ? undefined : 'not "1"';
    case "moor-principal":
      intent.principal = value;
      return isPrincipal(value) ? undefined : "not 1 to 256 characters of visible ASCII";
    case "moor-rotate":
      intent.rotate = true;
      return value === "1" ? undefined : 'not "1"';
    case "moor-end":
      intent.end = true;
      return value === "1" ? undefined : 'not "1"';
    case "moor-version":
      intent.version = Number(value);
      return /^[1-9][0-9]{0,9}$/.test(value) ? undefined : "not a version";
    case "moor-closed":
      // It is about the origin and no change of the session: its pool has heard it.
      return parseClosed(value) === undefined ? `not 0 to ${MAX_CLOSED_SECONDS} seconds` : undefined;
    default:
      return "not a header that Moor knows";
  }
}

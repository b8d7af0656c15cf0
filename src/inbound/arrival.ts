import type { AskedParts, ReadHeaders } from "../lib/asked.ts";

/** A client's request that goes on to an origin, whose parts are read once. */
export interface Asked extends AskedParts {
  readonly original: Request;
  readonly headers: AskedHeaders;
  readonly body: ReadableStream | null;
}

/** The headers of a request: names are read once, and values when they are first asked for. */
export interface AskedHeaders extends ReadHeaders {
  readonly original: Headers;
  /** In small letters. */
  readonly names: readonly string[];
}

/**
 * Reads a request for an origin once. Each question to the runtime leaves JavaScript, which costs as much as a hundred lines of it
 * (docs/explanation/performance.md), and most questions are about headers that the request does not have.
 */
export function askedBy(request: Request): Asked {
  const { method, url, headers: original } = request;
  const { cf } = request as { cf?: object };
  // A set would have to hash the names of each request anew. A spread costs three times as much as this loop, and `push` twice.
  const names: string[] = [];
  let count = 0;
  let bits = 0;
  for (const name of original.keys()) {
    names[count++] = name;
    bits |= bitOf(name);
  }
  const headers: HeadersReadOnce = { original, names, bits, values: new Array(count), get: getOnce, has: hasName };
  // Without these two headers a GET has no body (RFC 9112 section 6.3). Over HTTP/2 it may have a body, which has no meaning (RFC 9110
  // section 9.3.1): no origin gets it.
  const mayHaveBody = method !== "GET" || headers.has("Content-Length") || headers.has("Transfer-Encoding");
  const body = mayHaveBody ? request.body : null;
  // A set looks up the runtime's new text among all texts of the isolate, and finds this one at once.
  return { original: request, method: method === "GET" ? "GET" : method, url, headers, cf, body };
}

/**
 * Reads a request for handlers once. It reads no names, because the runtime copies the request for handlers, whatever the names of its headers.
 * Moor asks a visitor's request for a handful of headers by name, which costs less than to read the names of all.
 */
export function partsAskedBy(request: Request): AskedParts {
  const { method, url, headers } = request;
  const { cf } = request as { cf?: object };
  return { method, url, headers, cf };
}

interface HeadersReadOnce extends AskedHeaders {
  /** The bits of all names. A name whose bit is missing is absent, and needs no search. */
  readonly bits: number;
  /** Each at the place of its name. A value that nobody has asked for is absent. */
  readonly values: string[];
}

// Functions of all requests, because closures would be made anew for each.
function getOnce(this: HeadersReadOnce, name: string): string | null {
  if ((this.bits & bitOf(name)) === 0) return null;
  const place = this.names.indexOf(name.toLowerCase());
  if (place < 0) return null;
  const known = this.values[place];
  if (known !== undefined) return known;
  const value = this.original.get(name) ?? "";
  this.values[place] = value;
  return value;
}

function hasName(this: HeadersReadOnce, name: string): boolean {
  return (this.bits & bitOf(name)) !== 0 && this.names.includes(name.toLowerCase());
}

/** One of 31 bits, by the length of a name and its first letter, in whatever case. */
function bitOf(name: string): number {
  return 1 << ((name.length + 7 * (name.charCodeAt(0) & 31)) % 31);
}

/** When and where a request reached the edge. */
export interface Arrival {
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  /** See `regionOf`; 0: unknown. */
  readonly region: number;
  /** The host to which sessions of this request are bound. Default: no session is bound to a host. */
  readonly boundTo?: string | undefined;
  /** The key of a fresh token. Default: a random key. */
  readonly key?: Uint8Array<ArrayBuffer> | undefined;
}

/** Reads a request's arrival. */
export function arrivalOf({ cf }: Pick<AskedParts, "cf">, now: number, boundTo?: string): Arrival {
  return { arrivedAt: now, region: regionOf(cf), boundTo };
}

/** The parts of `request.cf` that Moor uses. */
interface Place {
  readonly continent?: unknown;
  readonly longitude?: unknown;
}

/**
 * The region in which a request reached the edge, from its `cf`. Regions are numbered 1 to 9 by the places of Durable
 * Objects: wnam, enam, sam, weur, eeur, apac, oc, afr, me. 0: unknown.
 *
 * Tokens hold these numbers, so a number keeps its meaning for good.
 */
export function regionOf(cf: object | undefined): number {
  const { continent, longitude } = (cf ?? {}) as Place;
  switch (continent) {
    case "NA":
      return sideOf(-100, longitude, 1, 2);
    case "SA":
      return 3;
    case "EU":
      return sideOf(20, longitude, 4, 5);
    case "AS":
      return sideOf(60, longitude, 9, 6);
    case "OC":
      return 7;
    case "AF":
      return 8;
    default:
      return 0;
  }
}

function sideOf(meridian: number, longitude: unknown, west: number, east: number): number {
  const degrees = Number.parseFloat(String(longitude));
  if (Number.isNaN(degrees)) return 0;
  return degrees < meridian ? west : east;
}

import type { AskedParts, ReadHeaders } from "../lib/asked.ts";
import type { Credentials } from "./credentials.ts";

/** How credentials travel between a client and Moor. A carrier moves them and judges nothing. */
export interface Carrier {
  /**
   * Whether a client holds token, proof and marks each in a place of its own. Then a part that is not written stays as it is at the
   * client; otherwise the client holds nothing but what was written last.
   */
  readonly apart: boolean;
  /**
   * Which requests from other sites' pages come without the credentials that the browser holds. The words are those of a
   * cookie's `SameSite` (RFC 6265bis section 5.2). `"lax"`: requests with an unsafe method; `"strict"`: all requests;
   * `"none"`: no requests.
   */
  readonly sameSite: "lax" | "strict" | "none";
  /** The credentials that the request brings; `undefined`: it brings no token. */
  read(request: AskedParts): Credentials | undefined;
  /** Whether a client without a token asks for a token. Default: no client can ask. */
  asks?(request: AskedParts): boolean;
  /**
   * Adds to a response's headers what makes the client hold the credentials until `expiresAt` (milliseconds since 1970).
   *
   * @param isRemembered whether the visitor has asked to be remembered.
   */
  write(headers: Headers, credentials: Credentials, expiresAt: number, isRemembered: boolean): void;
  /**
   * Adds to a response's headers what makes the client forget its tokens and its proof.
   *
   * @param sessionId the session whose token it is; needed if each session has names of its own.
   */
  clear(headers: Headers, sessionId?: string): void;
  /** The cookies in which a request carries whole sessions. Absent: the carrier has no such places. */
  sessions?(request: AskedParts): SessionCookies;
  /** A place of its own for provisional tokens. Absent: the carrier has none. */
  readonly provisional?: ProvisionalCarrier;
  /** The carrier that writes the response to a request. Absent: it is this carrier, whatever host was asked. */
  at?(request: AskedParts): Carrier;
  /**
   * Cuts out of the headers of a request to an origin what the carrier reads, whether it opens or not.
   *
   * @param sent the same headers, if their values have been read before. Default: `headers`.
   */
  cut(headers: Headers, sent?: ReadHeaders): void;
  /** The names that an origin's response may not set. */
  readonly owns: OwnNames;
  /** How addresses carry the credentials. Absent: they do not. */
  readonly address?: AddressCarrier;
}

/**
 * Holds a provisional token: a token of version 0 that a response gives when it may not write to the place of the token. It can
 * replace no token, however late it comes. It counts only if the request has no other token.
 */
export interface ProvisionalCarrier {
  /** The provisional token of the request as its token, with the marks and without a proof; `undefined`: it brings none. */
  read(request: AskedParts): Credentials | undefined;
  /** Adds to a response's headers what makes the client hold the token until `expiresAt` (milliseconds since 1970). */
  write(headers: Headers, token: string, expiresAt: number): void;
}

/** A cookie that holds a part of a session. */
export interface SessionCookie {
  /** The end of its name, which is unique within the session. */
  readonly part: string;
  readonly value: string;
}

/** The part that tells that a session has ended. */
export const END_PART = "end";

/** Cookies that hold whole sessions, with the names of a request's host. The writing functions return a `Set-Cookie` header. */
export interface SessionCookies {
  /** The cookies of a session that the request carries, in the order of the browser. */
  of(sessionId: string): readonly SessionCookie[];
  /** Has the browser hold a part until `expiresAt` (milliseconds since 1970), or until it closes, as it holds tokens. */
  write(sessionId: string, part: string, value: string, expiresAt: number): string;
  /** Has the browser hold a part until `expiresAt`, also after it was closed. */
  keep(sessionId: string, part: string, value: string, expiresAt: number): string;
  /** @param part default: the token of the session. */
  forget(sessionId: string, part?: string): string;
}

/** The cookie in which an origin sends changes that it cannot put into headers. Moor takes it off every response. */
export const CHANGE_COOKIE = "moor-change";

/** The names that only Moor may set in a response. */
export interface OwnNames {
  isCookie(name: string): boolean;
  readonly headers: readonly string[];
}

/** Credentials in the addresses of pages, and in their links and forms. */
export interface AddressCarrier {
  /** The name of the query parameter. */
  readonly name: string;
  /** Cuts the parameter out of an address. Returns whether it was there. */
  strip(url: URL): boolean;
  /** An address of the same site with `text` in its parameter; `undefined` for any other address. */
  link(href: string, page: URL, text: string): string | undefined;
  /**
   * The response with `text` in the links of its page, and with its address kept from other sites.
   *
   * @param page the response's own address, without a token.
   * @param text token, proof and mark; "": links stay as they are.
   */
  withLinks(response: Response, page: URL, text: string): Response;
}

/** The parts that carriers are made with. */
export interface CarrierOptions {
  /** How long the journal may hold a change. */
  readonly markLifeSeconds: number;
  /** Whether each session has cookies with names of their own: see {@link SessionCookies}. Default `false`. */
  readonly holdsSessions?: boolean;
  /** Milliseconds since 1970. Lives are sent as durations: the client's clock may be wrong. */
  readonly now: () => number;
}

/** A carrier of a configuration: for requests by https, and for plain http on loopback hosts. */
export interface CreatedCarrier {
  readonly https: Carrier;
  readonly http: Carrier;
}

import type { Unavailable } from "../lib/unavailable.ts";

/** A session as the cookie or the store of an old framework holds it. */
export interface ReadSession {
  readonly kind: "session";
  /** Its id, of at least 96 random bits. Absent: it has no such id. */
  readonly id?: string | undefined;
  /** Its values, without those of the framework. */
  readonly values: Readonly<Record<string, unknown>>;
  /** When it ends by itself, in milliseconds since 1970. Absent: never. */
  readonly expiresAt?: number | undefined;
}

/**
 * The outcome of reading an old session. `none`: the cookie is forged, has expired, or its session has ended. `unreadable`: the framework
 * made the cookie, and Moor cannot read the session.
 */
export type OldRead =
  | ReadSession
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | Unavailable;

/** Reads living sessions of one framework. */
export interface OldReader {
  /**
   * Reads the session that a request brings.
   *
   * @param header the `Cookie` header.
   * @param names the cookies that may hold the session.
   * @param now milliseconds since 1970.
   */
  read(header: string | null, names: readonly string[], now: number): Promise<OldRead>;
  /** Ends a session in its store. It may be repeated. A session without a store has only its cookie. */
  end(id: string): Promise<{ readonly kind: "done" } | Unavailable>;
}

export const NONE = { kind: "none" } as const;
/** Nothing is left to do. */
export const DONE = { kind: "done" } as const;

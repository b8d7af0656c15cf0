import type { Unavailable } from "../lib/unavailable.ts";

/** A session as its store holds it. */
export type StoredOld =
  /** `expiresAt`: milliseconds since 1970; absent: never. */
  | { readonly kind: "found"; readonly text: string; readonly expiresAt?: number | undefined }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly reason: string }
  | Unavailable;

/** The store in which an old framework keeps its sessions. It is read, and a session that has ended is deleted. Nothing else is written. */
export interface OldStore {
  read(id: string, now: number): Promise<StoredOld>;
  /** Deletes a session. It may be repeated. */
  end(id: string): Promise<{ readonly kind: "done" } | Unavailable>;
}

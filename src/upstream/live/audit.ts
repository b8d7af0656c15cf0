/** An action of an operator, as it is kept. */
export interface AuditEntry {
  /** A random id of the action. An entry of the same id and time takes the place of the entry before. */
  readonly id: string;
  /** When it was asked for, in milliseconds since 1970. */
  readonly at: number;
  /** The operator: `token`, or `access:` and their address or name. */
  readonly who: string;
  /** Where they asked: `api` or `console`. */
  readonly from: "api" | "console";
  readonly action: string;
  readonly pool?: string;
  readonly origin?: string;
  /** The first 8 characters of the session's id, or of the hash that names the principal's object. */
  readonly session?: string;
  readonly principal?: string;
  /** The result; `asked`: the action began, and its result is not known. */
  readonly outcome: string;
  /** The version of the pool before and after. */
  readonly versions?: { readonly before: number; readonly after: number };
}

/** The operator who asks for a change of a pool, and the id of the action. */
export type Actor = Pick<AuditEntry, "id" | "who" | "from">;

/** Entries, the newest first. `kind` tells an answer from a store that does not answer. */
export interface Audited {
  readonly kind: "audited";
  readonly entries: readonly AuditEntry[];
}

/** How many entries an object keeps, and for how long, in milliseconds. */
export const MOST_ENTRIES = 10_000;
export const KEEP_MS = 400 * 86_400_000;

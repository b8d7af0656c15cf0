import type { Unavailable } from "../lib/unavailable.ts";

/** A row as a store holds it. */
export interface Row {
  /** 96 random bits, which every write replaces. They are never used again, even if the row is freed and founded anew. */
  readonly tag: string;
  /** ASCII, because it is sealed. */
  readonly text: string;
}

/**
 * The answer to a read. `storeNow`: the time by the store's own clock, in milliseconds since 1970; absent if the store does not tell
 * the time.
 */
export type RowRead =
  | { readonly kind: "row"; readonly row: Row; readonly storeNow?: number }
  | { readonly kind: "none"; readonly storeNow?: number }
  | Unavailable;

/**
 * The outcome of a write. `moved`: the row has another tag by now. `now` is that row, if the store read it in the same step. `late`: the
 * write came after `notAfter`. `unavailable`: the write may have taken effect.
 */
export type RowWritten =
  | { readonly kind: "written" }
  | { readonly kind: "moved"; readonly now?: Exclude<RowRead, Unavailable> }
  | { readonly kind: "late" }
  | Unavailable;

/** A write that takes effect only if the row still has the tag that the writer has seen. Times are by the store's own clock. */
export interface RowWrite {
  /** The tag that was seen. `undefined`: there was no row, and there must still be none. */
  readonly seen: string | undefined;
  /** The row that takes its place. `undefined`: the row is deleted. */
  readonly next: Row | undefined;
  /** The store must keep the row until then, in milliseconds since 1970. */
  readonly keepUntil: number;
  /** {@link RowStore.due} names the row from then on, in milliseconds since 1970; `undefined`: never. */
  readonly dueAt: number | undefined;
  /** The write takes no effect from then on, in milliseconds since 1970. A store that does not tell the time ignores it. */
  readonly notAfter: number;
  /** Whether the row tells of an end. If the store has replicas, one of them must have it before it is acknowledged, whatever the settings say. */
  readonly isEnd?: boolean;
}

/** A connection to a store, for the calls of one transaction, which follow each other. It opens with the first call. */
export interface RowConnection extends Pick<RowStore, "read" | "write"> {
  end(): Promise<void>;
}

/**
 * A store that keeps one row for each name, and can compare and write it in one step. That is all that {@link createRowAuthority} needs.
 *
 * Every call settles within the store's own deadline. Each read and each write proves that the primary answers, and no cache or replica.
 * A failure is `unavailable` with a cause that holds nothing of a session. A failed serialization is `moved`.
 */
export interface RowStore {
  /** The name that explain, metrics and the log show. */
  readonly name: string;
  /** Whether each call costs money or counts towards a limit of the platform. Then a hot session gives up sooner. */
  readonly isMetered: boolean;
  /** Begins a connection, which its caller ends. Absent: calls share no connection. */
  readonly connect?: (() => RowConnection) | undefined;
  read(name: string): Promise<RowRead>;
  write(name: string, write: RowWrite): Promise<RowWritten>;
  /** Names of rows whose `dueAt` has passed by the store's clock, the earliest first. */
  due(limit: number): Promise<{ readonly kind: "names"; readonly names: readonly string[] } | Unavailable>;
  /**
   * Names of rows whose text begins with none of these texts of three characters, at most `limit` of each database. Absent: the store frees each row by itself
   * when its session is over.
   */
  readonly sealedOtherwise?:
    | ((
        starts: readonly string[],
        limit: number,
      ) => Promise<{ readonly kind: "names"; readonly names: readonly string[] } | Unavailable>)
    | undefined;
  /** Deletes rows that need no longer be kept, at most `limit`. A store that frees rows by itself frees nothing here. */
  free(limit: number): Promise<{ readonly kind: "freed"; readonly rows: number } | Unavailable>;
}

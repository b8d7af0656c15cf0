import type { SessionView } from "./session-view.ts";

/** Moor's copies of a session are at most 120 seconds old, and the handoff that shows such a copy lives 3,631 seconds at most. */
const LIFE_MS = 3_751_000;
/** Entries of about 200 bytes. */
const MOST = 4_096;

type Version = Pick<SessionView, "generation" | "version">;

/**
 * The versions of sessions that this process has stored through the session API. No token tells Moor of such a version
 * if the headers were sent before. So Moor may show an older copy to the same visitor's next request.
 */
export interface OwnWrites {
  /** Remembers a version for as long as a handoff may show an older one, and the last 4,096 sessions at most. */
  note(id: string, stored: Version): void;
  /** Whether a handoff shows less of its session than this process has stored. */
  isBehind(handoff: Version & { readonly id: string | undefined }): boolean;
}

/** @param now milliseconds since 1970. */
export function createOwnWrites(now: () => number): OwnWrites {
  /** The entry that was noted first is the first. */
  const writes = new Map<string, Version & { readonly until: number }>();

  function forget(at: number): void {
    for (const [id, { until }] of writes) {
      if (until > at && writes.size <= MOST) return;
      writes.delete(id);
    }
  }

  return {
    note(id, { generation, version }) {
      const at = now();
      const before = writes.get(id);
      // Answers to parallel changes may arrive in another order.
      if (before?.generation === generation && before.version > version) return;
      writes.delete(id);
      writes.set(id, { generation, version, until: at + LIFE_MS });
      forget(at);
    },
    isBehind({ id, generation, version }) {
      const write = id === undefined ? undefined : writes.get(id);
      // A view before a login has versions of its own.
      return write !== undefined && write.until > now() && write.generation === generation && write.version > version;
    },
  };
}

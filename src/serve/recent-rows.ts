import type { RecentNamespace } from "../adoption/recent.ts";
import type { Transact } from "../rows/row-transactions.ts";

const VALUE = "value";
const UNTIL = "until";

/**
 * Keeps on rows which old applications visitors still come from, where there is no KV. Each call fails if the store does not answer.
 *
 * @param clock milliseconds since 1970.
 */
export function createRecentRows(transact: Transact, clock: () => number): RecentNamespace {
  return {
    async get(key) {
      const read = await transact(
        nameOf(key),
        () => clock(),
        async ({ kv }) => {
          // A row may be kept for longer than it is needed.
          const isOver = (kv.get<number>(UNTIL) ?? 0) <= clock();
          return { kind: "read" as const, value: isOver ? null : (kv.get<string>(VALUE) ?? null) };
        },
      );
      if (read.kind === "unavailable") throw read.cause;
      return read.value;
    },

    async put(key, value, { expiration }) {
      const until = expiration * 1000;
      const written = await transact(
        nameOf(key),
        () => until,
        async ({ kv }) => {
          kv.put(VALUE, value);
          kv.put(UNTIL, until);
          return { kind: "written" as const };
        },
      );
      if (written.kind === "unavailable") throw written.cause;
    },
  };
}

function nameOf(key: string): string {
  return `recent:${key}`;
}

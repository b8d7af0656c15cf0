import type { ResolvedPool } from "../../src/config/types.ts";

/** A pool of origins at `http://<id>.test`, each with a second to answer. */
export function poolConfig(ids: readonly string[], { urls = ids.map((id) => `http://${id}.test`) } = {}): ResolvedPool {
  return {
    id: "shop",
    origins: ids.map((id, index) => ({ id, url: urls[index] ?? "", weight: 1 })),
    hashPolicy: [{ type: "session-id" }],
    attemptDeadlineMs: 1_000,
    session: { see: true, may: ["patch", "principal", "end"] },
  };
}

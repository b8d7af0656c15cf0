import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { Committed, Lookup } from "./contracts.ts";

/**
 * A client's token proves that a store has lost data. `set-back`: it has an older state than the client has seen. `lost`: it has no record
 * of the session, although an ended session leaves a tombstone for as long as its tokens live.
 */
export interface Loss {
  readonly kind: "set-back" | "lost";
  readonly store: string;
}

/** A token that is about to expire may come after its tombstone was freed, by a clock that is ahead or after a slow way. */
const LAST_MOMENTS_MS = 60_000;

/** The loss that an answer of a store proves, if it proves a loss, beside the token of the request. */
export function lossOf(
  answer: (Lookup | Committed | { readonly kind: "journaled" }) & { readonly setBack?: true },
  { version, expiresAt }: OpenedToken,
  { arrivedAt, store }: { readonly arrivedAt: number; readonly store: string },
): { readonly loss?: Loss } {
  if (answer.setBack) return { loss: { kind: "set-back", store } };
  const isMissing = answer.kind === "miss" || (answer.kind === "ended" && "missing" in answer);
  const isLost = isMissing && version > 0 && arrivedAt < expiresAt - LAST_MOMENTS_MS;
  return isLost ? { loss: { kind: "lost", store } } : {};
}

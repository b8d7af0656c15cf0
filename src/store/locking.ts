import type { ResolvedRoute } from "../config/resolved.ts";
import { SAFE_METHODS } from "../inbound/cross-site.ts";
import { randomId } from "../lib/base64url.ts";
import type { Ref } from "../session/change.ts";
import type { Locks } from "./contracts.ts";

/** A session's lease, as a request asks for it. */
export interface Lease {
  readonly id: string;
  /** Whether a commit has given the lease back. */
  spent: boolean;
}

/** A request whose turn it is. `waiting`: how many requests wait behind it. Without a `lease` it goes on unlocked. */
export interface Turn {
  readonly kind: "turn";
  readonly lease: Lease | undefined;
  readonly waitedMs: number;
  readonly waiting: number;
}

/** The outcome of waiting for a lease. */
export type Taken =
  | Turn
  | { kind: "timeout"; waitedMs: number; waiting: number }
  | { kind: "unavailable"; cause: unknown };

/** A lease outlasts one attempt at an origin, and the commit of the change that follows. */
const BEYOND_ATTEMPT_MS = 10_000;

/** Whether requests of this method wait for one another. */
export function isLocked({ locking }: Pick<ResolvedRoute, "locking">, method: string): boolean {
  return locking === "all" || (locking === "writes" && !SAFE_METHODS.has(method));
}

/** The settings that a request's turn depends on. */
export interface Waiting {
  readonly route: Pick<ResolvedRoute, "lockWaitMs" | "onLockTimeout">;
  /** How long an attempt to serve the request may take. */
  readonly attemptDeadlineMs: number;
  /** Keeps work alive that must not end when its client leaves. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/**
 * Serves a request after the earlier requests of its session have been served. A lease that no commit has given back is given
 * back afterwards. A request for which the session has nothing more does not wait, and has no lease.
 */
export async function inTurn<Served>(
  locks: Locks,
  ref: Ref,
  waiting: Waiting,
  serve: (turn: Turn) => Promise<Served>,
): Promise<{ kind: "served"; served: Served } | Exclude<Taken, Turn>> {
  const lease: Lease = { id: randomId(), spent: false };
  try {
    const taken = await takeLease(locks, ref, lease, waiting);
    return taken.kind === "turn" ? { kind: "served", served: await serve(taken) } : taken;
  } finally {
    // The lease may have been given although the answer was lost.
    if (!lease.spent) waiting.keepAlive(locks.unlock(ref.id, lease.id));
  }
}

async function takeLease(
  locks: Locks,
  ref: Ref,
  lease: Lease,
  { route: { lockWaitMs, onLockTimeout }, attemptDeadlineMs }: Waiting,
): Promise<Taken> {
  const lastsMs = attemptDeadlineMs + BEYOND_ATTEMPT_MS;
  const locked = await locks.lock(ref, { lease: lease.id, waitMs: lockWaitMs, lastsMs });
  if (locked.kind === "locked") return { ...locked, kind: "turn", lease };
  if (locked.kind === "over") {
    // The session is over for this request, so there is no lease to give back.
    lease.spent = true;
    return { ...locked, kind: "turn", lease: undefined };
  }
  if (onLockTimeout === "refuse") return locked;
  const { waitedMs, waiting } = locked.kind === "timeout" ? locked : { waitedMs: 0, waiting: 0 };
  return { kind: "turn", lease: undefined, waitedMs, waiting };
}

import type { ResolvedRoute } from "../config/resolved.ts";
import { encodeBase64url } from "../lib/base64url.ts";
import type { Ref } from "../session/change.ts";
import type { Locks } from "./contracts.ts";

/** A session's lease, as a request asks for it. */
export interface Lease {
  readonly id: string;
  /** Whether it went back with a commit. */
  spent: boolean;
}

/** A request whose turn it is. `waiting`: how many wait behind it. Without a `lease` it goes on unlocked. */
export interface Turn {
  readonly kind: "turn";
  readonly lease: Lease | undefined;
  readonly waitedMs: number;
  readonly waiting: number;
}

/** What came of waiting for a lease. */
export type Taken =
  | Turn
  | { kind: "timeout"; waitedMs: number; waiting: number }
  | { kind: "unavailable"; cause: unknown };

const READING_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);
/** A lease outlasts one attempt at an origin, and the way of the change behind it. */
const BEYOND_ATTEMPT_MS = 10_000;

/** Whether requests of this method wait for one another. */
export function isLocked({ locking }: Pick<ResolvedRoute, "locking">, method: string): boolean {
  return locking === "all" || (locking === "writes" && !READING_METHODS.has(method));
}

/** What a request's turn depends on. */
export interface Waiting {
  readonly route: Pick<ResolvedRoute, "lockWaitMs" | "onLockTimeout">;
  /** How long an attempt at what serves the request may take. */
  readonly attemptDeadlineMs: number;
  /** Holds on to work that must not end when its client leaves. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/**
 * Serves a request once those of its session that came before it have been served. A lease that no commit has taken back
 * is given back afterwards. A request that the session has nothing more for waits for nobody, and has no lease.
 */
export async function inTurn<Served>(
  locks: Locks,
  ref: Ref,
  waiting: Waiting,
  serve: (turn: Turn) => Promise<Served>,
): Promise<{ kind: "served"; served: Served } | Exclude<Taken, Turn>> {
  const lease: Lease = { id: encodeBase64url(crypto.getRandomValues(new Uint8Array(16))), spent: false };
  try {
    const taken = await takeLease(locks, ref, lease, waiting);
    return taken.kind === "turn" ? { kind: "served", served: await serve(taken) } : taken;
  } finally {
    // It may have been given though its answer was lost.
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
    // There is nothing to give back.
    lease.spent = true;
    return { ...locked, kind: "turn", lease: undefined };
  }
  if (onLockTimeout === "refuse") return locked;
  const { waitedMs, waiting } = locked.kind === "timeout" ? locked : { waitedMs: 0, waiting: 0 };
  return { kind: "turn", lease: undefined, waitedMs, waiting };
}

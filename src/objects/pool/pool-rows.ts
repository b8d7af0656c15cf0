import type { ProbedOrigin } from "../../upstream/live/pool-contracts.ts";
import type { PoolState, UnhealthyOrigin } from "../../upstream/live/pool-state.ts";
import type { ProbePlan } from "../../upstream/live/probe-plan.ts";
import type { SeenWindow } from "../../upstream/live/sightings.ts";
import type { PendingChange } from "./pool-changes.ts";

/** What of a Durable Object's storage the rows are in. */
export interface PoolStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): unknown;
  };
}

/** What a pool's object knows of its pool. */
export interface KnownPool {
  /** Its id. */
  readonly pool: string;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  readonly state: PoolState;
  /** What is in the state and has not been published. */
  readonly pending: readonly PendingChange[];
  /** What was published last, and when; which origins were unhealthy then. */
  readonly published?: {
    readonly state: PoolState;
    readonly at: number;
    readonly unhealthy?: readonly UnhealthyOrigin[];
  };
  /** When publishing what is pending was tried last. */
  readonly triedAt?: number;
}

/** That isolates want a pool's origins probed. */
export interface AskedProbes {
  /** The pool's id. */
  readonly pool: string;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  readonly plan: ProbePlan;
  /** When that was asked last, or some minutes before. */
  readonly askedAt: number;
}

const KNOWN = "pool";
const ASKED = "asked";
const PROBED = "probed";
const seenKey = (origin: string) => `seen/${origin}`;

/** The rows of a pool's object. */
export class PoolRows {
  readonly #storage: PoolStorage;

  constructor(storage: PoolStorage) {
    this.#storage = storage;
  }

  known(): KnownPool | undefined {
    return this.#storage.kv.get<KnownPool>(KNOWN);
  }

  know(known: KnownPool): void {
    this.#storage.kv.put(KNOWN, known);
  }

  /** How the origins are to be probed; `undefined`: nobody has ever asked for that. */
  asked(): AskedProbes | undefined {
    return this.#storage.kv.get<AskedProbes>(ASKED);
  }

  ask(asked: AskedProbes): void {
    this.#storage.kv.put(ASKED, asked);
  }

  /** What probes have met. */
  probed(): readonly ProbedOrigin[] {
    return this.#storage.kv.get<ProbedOrigin[]>(PROBED) ?? [];
  }

  probe(origins: readonly ProbedOrigin[]): void {
    this.#storage.kv.put(PROBED, origins);
  }

  /** What was seen on an origin. */
  seen(origin: string): readonly SeenWindow[] {
    return this.#storage.kv.get<SeenWindow[]>(seenKey(origin)) ?? [];
  }

  see(origin: string, windows: readonly SeenWindow[]): void {
    if (windows.length === 0) this.#storage.kv.delete(seenKey(origin));
    else this.#storage.kv.put(seenKey(origin), windows);
  }
}

import type { ProbedOrigin } from "../../upstream/live/pool-contracts.ts";
import type { PoolState, UnhealthyOrigin } from "../../upstream/live/pool-state.ts";
import type { ProbePlan } from "../../upstream/live/probe-plan.ts";
import type { SeenWindow } from "../../upstream/live/sightings.ts";
import type { PendingChange } from "./pool-changes.ts";

/** The part of a Durable Object's storage that the rows use. */
export interface PoolStorage {
  readonly kv: {
    get<T>(key: string): T | undefined;
    put(key: string, value: unknown): void;
    delete(key: string): unknown;
  };
}

/** The data that a pool's object keeps about its pool. */
export interface KnownPool {
  /** The id of the pool. */
  readonly pool: string;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  readonly state: PoolState;
  /** The changes in the state that have not been published. */
  readonly pending: readonly PendingChange[];
  /** The state that was published last, when it was published, and the origins that were unhealthy then. */
  readonly published?: {
    readonly state: PoolState;
    readonly at: number;
    readonly unhealthy?: readonly UnhealthyOrigin[];
  };
  /** When the object last tried to publish the pending changes. */
  readonly triedAt?: number;
}

/** The wish of isolates to have a pool's origins probed. */
export interface AskedProbes {
  /** The pool's id. */
  readonly pool: string;
  /** How long a session may be away without ending, in milliseconds. */
  readonly awayMs: number;
  readonly plan: ProbePlan;
  /** When isolates last asked for the probes, or some minutes before that. */
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

  /** How the origins are to be probed; `undefined`: no isolate has ever asked for probes. */
  asked(): AskedProbes | undefined {
    return this.#storage.kv.get<AskedProbes>(ASKED);
  }

  ask(asked: AskedProbes): void {
    this.#storage.kv.put(ASKED, asked);
  }

  /** The results of probes. */
  probed(): readonly ProbedOrigin[] {
    return this.#storage.kv.get<ProbedOrigin[]>(PROBED) ?? [];
  }

  probe(origins: readonly ProbedOrigin[]): void {
    this.#storage.kv.put(PROBED, origins);
  }

  /** The sessions that isolates have seen on an origin. */
  seen(origin: string): readonly SeenWindow[] {
    return this.#storage.kv.get<SeenWindow[]>(seenKey(origin)) ?? [];
  }

  see(origin: string, windows: readonly SeenWindow[]): void {
    if (windows.length === 0) this.#storage.kv.delete(seenKey(origin));
    else this.#storage.kv.put(seenKey(origin), windows);
  }
}

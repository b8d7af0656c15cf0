import { type Copy, isNewer } from "../session/copy.ts";
import type { Copies, Kept, Lookup } from "./contracts.ts";
import type { Seal } from "./seal.ts";

/** The part of a KV namespace that Moor uses. */
export interface ReplicaNamespace {
  get(key: string, options: { type: "text"; cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options: { expiration: number }): Promise<void>;
}

/** The binding of KV. */
export interface KvBindings {
  /** KV: replicas of sessions. */
  readonly SESSION_REPLICAS?: ReplicaNamespace;
}

/** Where replicas are stored, and how they are sealed. */
export interface KvReplicasOptions {
  readonly namespace: ReplicaNamespace;
  readonly seal: Seal;
  readonly clock: () => number;
}

/** The shortest time that KV accepts for answers from the cache of a location. */
const CACHE_SECONDS = 30;
/** KV refuses values that expire in less than a minute. The rest is a margin for clocks that differ. */
const LEAST_LIFE_MS = 70_000;

/**
 * Replicas in Workers KV, sealed, under `s/<id>`: `<version> <sealed copy>`.
 *
 * KV is eventually consistent and cannot compare and set. A copy that is read may be a minute old or older, and so may the copy
 * that `keep` compares with. The freshness rule judges copies by the times that they contain.
 */
export function createKvReplicas({ namespace, seal, clock }: KvReplicasOptions): Copies {
  async function open(id: string): Promise<Lookup> {
    const value = await namespace.get(keyOf(id), { type: "text", cacheTtl: CACHE_SECONDS });
    if (value === null) return { kind: "miss" };
    const [version = "", sealed = ""] = value.split(" ");
    const text = await seal.open({ id, version: Number(version), purpose: "replica" }, sealed);
    if (text === undefined) return { kind: "unavailable", cause: new UnopenedReplicaError() };
    const copy = JSON.parse(text) as Copy;
    return copy.ended ? { kind: "ended", tombstone: copy } : { kind: "hit", copy };
  }

  return {
    name: "kv",

    async read(ref) {
      return attempt(() => open(ref.id));
    },

    async keep(copy): Promise<Kept> {
      return attempt(async () => {
        const { id, version } = copy;
        const held = await open(id);
        if (held.kind === "ended") return { kind: "ended" };
        if (held.kind === "hit" && !copy.ended && isNewer(held.copy, copy)) return { kind: "older" };
        const sealed = await seal.close({ id, version, purpose: "replica" }, JSON.stringify(copy));
        const until = Math.max(copy.absoluteDeadline, clock() + LEAST_LIFE_MS);
        await namespace.put(keyOf(id), `${version} ${sealed}`, { expiration: Math.ceil(until / 1000) });
        return { kind: "kept" };
      });
    },
  };
}

/** Replicas in the bound namespace; `undefined`: no namespace is bound. */
export function bindKvReplicas({ SESSION_REPLICAS: namespace }: KvBindings, seal: Seal): Copies | undefined {
  return namespace && createKvReplicas({ namespace, seal, clock: Date.now });
}

/** A replica that is damaged, or was not sealed for this session by a key of the ring. */
export class UnopenedReplicaError extends Error {
  override readonly name = "UnopenedReplicaError";
  /** The fault says nothing about KV itself. */
  readonly isOneSessions = true;

  constructor() {
    super("the replica cannot be opened with the keys at hand");
  }
}

function keyOf(id: string): string {
  return `s/${id}`;
}

async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: unknown }> {
  try {
    return await work();
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

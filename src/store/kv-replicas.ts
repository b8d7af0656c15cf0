import { type Copy, isNewer } from "../session/copy.ts";
import type { Copies, Kept, Lookup } from "./contracts.ts";
import type { Seal } from "./seal.ts";

/** What of a KV namespace is used. */
export interface ReplicaNamespace {
  get(key: string, options: { type: "text"; cacheTtl: number }): Promise<string | null>;
  put(key: string, value: string, options: { expiration: number }): Promise<void>;
}

/** Where replicas are and with what they are sealed. */
export interface KvReplicasOptions {
  readonly namespace: ReplicaNamespace;
  readonly seal: Seal;
  readonly clock: () => number;
}

/** The shortest that KV takes: how long a location may answer from its own cache. */
const CACHE_SECONDS = 30;
/** KV refuses what expires sooner than in a minute; the rest is for clocks that differ. */
const LEAST_LIFE_MS = 70_000;

/**
 * Replicas in Workers KV, sealed, under `s/<id>`: `<version> <sealed copy>`.
 *
 * KV is eventually consistent and cannot compare and set: a copy that is read may be a minute old or older, and what
 * `keep` compares with as well. The freshness rule judges copies by what they say of themselves.
 */
export function createKvReplicas({ namespace, seal, clock }: KvReplicasOptions): Copies {
  async function open(id: string): Promise<Lookup> {
    const value = await namespace.get(keyOf(id), { type: "text", cacheTtl: CACHE_SECONDS });
    if (value === null) return { kind: "miss" };
    const [version = "", sealed = ""] = value.split(" ");
    const text = await seal.open({ id, version: Number(version), purpose: "replica" }, sealed);
    if (text === undefined) return { kind: "unavailable", cause: new UnopenedReplicaError() };
    const copy = JSON.parse(text) as Copy;
    return copy.ended ? { kind: "ended", copy } : { kind: "hit", copy };
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

/** A replica that is damaged, or was not sealed for this session by keys at hand. */
export class UnopenedReplicaError extends Error {
  override readonly name = "UnopenedReplicaError";
  /** It tells nothing of KV itself. */
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

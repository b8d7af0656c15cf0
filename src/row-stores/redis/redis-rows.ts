import { attempt, isStrings, unreadable } from "../../redis/client.ts";
import type { RowRead, RowStore } from "../row-store.ts";
import { DUE_ROWS, READ_ROW, WRITE_ROW } from "./row-scripts.ts";

/**
 * Runs a script in one step on the primary.
 *
 * @throws RedisFault if no usable answer came in time.
 */
export type RunScript = (script: string, keys: string[], args: string[]) => Promise<unknown>;

/** The way to Redis. */
export interface RedisRowsOptions {
  readonly run: RunScript;
  /** Whether a read asks for proof that the primary answers. Default: the way to Redis leads to the primary alone. */
  readonly provesPrimary?: boolean;
  /** Whether each script costs money or counts towards a limit of the platform. */
  readonly isMetered: boolean;
}

/** Rows that lie in one slot with their alarms. A Redis Cluster spreads so many slots over its servers. */
const SLOTS = 16;

/**
 * Rows in Redis, by scripts. Redis frees rows by itself. It must not evict keys (`noeviction`), and must persist each write that it has
 * acknowledged (`appendonly yes`, `appendfsync always`): docs/guide/choosing-a-store.md has the losses of weaker settings.
 */
export function createRedisRows({ run, provesPrimary = false, isMetered }: RedisRowsOptions): RowStore {
  const readKeys = (name: string) => [rowKey(name), ...(provesPrimary ? [nothingKey(slotOf(name))] : [])];
  return {
    name: "redis",
    isMetered,

    read: (name) => attempt(async () => readReply(await run(READ_ROW, readKeys(name), [])) ?? unreadable()),

    write: (name, { seen = "", next, keepUntil, dueAt, notAfter }) =>
      attempt(async () => {
        const args = [seen, next?.tag ?? "", next?.text ?? "", keepUntil, dueAt ?? "", notAfter, name];
        const reply = await run(WRITE_ROW, [rowKey(name), alarmsKey(slotOf(name))], args.map(String));
        const [kind, ...rest] = Array.isArray(reply) ? (reply as unknown[]) : [];
        if (kind === "written" || kind === "late") return { kind };
        const now = kind === "moved" ? readReply(rest) : undefined;
        return { kind: "moved", now: now ?? unreadable() };
      }),

    due: (limit) =>
      attempt(async () => {
        const slots = Array.from({ length: SLOTS }, (_, slot) => slot);
        const replies = await Promise.all(slots.map((slot) => run(DUE_ROWS, [alarmsKey(slot)], [String(limit)])));
        const due = replies.flatMap((reply) => dueReply(reply) ?? unreadable());
        due.sort((one, other) => one.at - other.at);
        return { kind: "names", names: due.slice(0, limit).map(({ name }) => name) };
      }),

    free: async () => ({ kind: "freed", rows: 0 }),
  };
}

function readReply(reply: unknown): Exclude<RowRead, { kind: "unavailable" }> | undefined {
  if (!Array.isArray(reply) || reply.length !== 3) return undefined;
  const [tag, text, storeNow] = reply as unknown[];
  if (typeof tag !== "string" || typeof text !== "string" || typeof storeNow !== "number") return undefined;
  return tag === "" ? { kind: "none", storeNow } : { kind: "row", row: { tag, text }, storeNow };
}

function dueReply(reply: unknown): { name: string; at: number }[] | undefined {
  if (!isStrings(reply) || reply.length % 2 !== 0) return undefined;
  const names = reply.filter((_, index) => index % 2 === 0);
  return names.map((name, index) => ({ name, at: Number(reply[index * 2 + 1]) }));
}

/** A key that a write of the row's slot may set, so that all writes before it reach replicas first. */
export function barrierKey(name: string): string {
  return `moor:{rows-${slotOf(name)}}:barrier`;
}

/** The last two characters of a random name differ enough; the very last holds two bits alone. */
function slotOf(name: string): number {
  return name.charCodeAt(name.length - 2) % SLOTS;
}

function rowKey(name: string): string {
  return `moor:{rows-${slotOf(name)}}:${name}`;
}

function nothingKey(slot: number): string {
  return `moor:{rows-${slot}}:nothing`;
}

function alarmsKey(slot: number): string {
  return `moor:{rows-${slot}}:alarms`;
}

import { isStrings } from "../../redis/client.ts";
import { type BackedUp, PENDING_SETS } from "../fallback-contract.ts";

/** A backup as it is stored. */
export interface StoredBackup {
  readonly version: number;
  readonly sealed: string;
}

/** The reply of the script that reads. */
export interface ReadReply {
  readonly backup?: StoredBackup;
  readonly entries: readonly string[];
}

/** Reads the reply of the script that reads; `undefined` if the reply is malformed. */
export function readReply(reply: unknown): ReadReply | undefined {
  if (!Array.isArray(reply) || reply.length !== 2) return undefined;
  const [held, entries] = reply as unknown[];
  if (!isStrings(entries) || !Array.isArray(held) || held.length !== 2) return undefined;
  if (held.every((field) => field === null)) return { entries };
  if (!isStrings(held)) return undefined;
  const [version, sealed] = held as [string, string];
  return { backup: { version: Number(version), sealed }, entries };
}

/** Reads the reply of a script that writes a backup; `undefined` if the reply is malformed. */
export function backedUpReply(reply: unknown): Exclude<BackedUp, { kind: "unavailable" }> | undefined {
  if (!Array.isArray(reply) || reply.length !== 2) return undefined;
  const [outcome, journalLength] = reply as unknown[];
  const kind = oneOf(outcome, "kept", "older", "ended");
  return kind && typeof journalLength === "number" ? { kind, journalLength } : undefined;
}

/** Reads the numbers of pending sets; `undefined` if the reply is malformed. */
export function setsReply(reply: unknown): number[] | undefined {
  if (!isStrings(reply)) return undefined;
  const sets = reply.map(Number);
  return sets.every((set) => Number.isInteger(set) && set >= 0 && set < PENDING_SETS) ? sets : undefined;
}

/** Returns the member of `kinds` that the reply equals; `undefined` if it equals no member. */
export function oneOf<Kind extends string>(reply: unknown, ...kinds: readonly Kind[]): Kind | undefined {
  return kinds.find((kind) => kind === reply);
}

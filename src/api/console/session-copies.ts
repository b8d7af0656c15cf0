import { describeFault } from "../../log.ts";
import { unattended } from "../../session/change.ts";
import type { Copy } from "../../session/copy.ts";
import type { View } from "../../session/record.ts";
import type { Copies, Looked, Lookup, Memory, Unattended } from "../../store/contracts.ts";
import type { BackupLookup, Fallback } from "../../store/fallback-contract.ts";
import { soon } from "../operators/soon.ts";

/** The stores that may hold a copy of a session. */
export interface SessionStores {
  /** The name of the authority, which `sessions` asks. */
  readonly authority: string;
  readonly sessions: Pick<Unattended, "look">;
  /** Of the isolate. */
  readonly memory: Memory;
  /** Default: there are no replicas. */
  readonly replicas: Copies | undefined;
  /** Default: nothing stands in while the authority cannot be reached. */
  readonly fallback: Pick<Fallback, "name" | "read"> | undefined;
}

/** The part of a copy that operators see. Values of the session are left out. */
export type Shown = Pick<
  View,
  "version" | "generation" | "bornAt" | "touchedAt" | "idleDeadline" | "absoluteDeadline"
> &
  Partial<Pick<View, "principal" | "attributeBytes">>;

/** The answer of a store about a session. Times are milliseconds since 1970. */
export type Found = {
  readonly store: string;
  /** Which kind of copy the store holds. */
  readonly role: "authority" | "memory" | "replica" | "backup";
} & (
  | {
      readonly kind: "copy";
      readonly shown: Shown;
      /** When the authority vouched for it; `undefined`: the store does not know. */
      readonly asOf: number | undefined;
      /** How many changes wait in the journal for the authority to take them. Absent: the store has no journal. */
      readonly waiting?: number;
    }
  | { readonly kind: "ended"; readonly at: number | undefined; readonly reason: string | undefined }
  | { readonly kind: "none"; readonly waiting?: number }
  | { readonly kind: "away"; readonly why: string }
);

/** Asks all stores at once, each for at most a second. The authority comes first. */
export function readCopies(id: string, stores: SessionStores, now: number): Promise<readonly Found[]> {
  const { authority, sessions, memory, replicas, fallback } = stores;
  const ref = unattended(id, now);
  const asked = [
    soon(sessions.look(id)).then((looked) => ofAuthority(authority, looked, now)),
    Promise.resolve(ofCopies(memory.name, "memory", memory.read(ref))),
    ...(replicas ? [soon(replicas.read(ref, now)).then((found) => ofCopies(replicas.name, "replica", found))] : []),
    ...(fallback ? [soon(fallback.read(id)).then((found) => ofFallback(fallback.name, found))] : []),
  ];
  return Promise.all(asked);
}

/**
 * The copy that tells most: the authority's, else the newest that is left. `undefined`: no store that answers holds the session, or the
 * session has ended.
 */
export function bestOf(found: readonly Found[]): Extract<Found, { kind: "copy" }> | undefined {
  // Other stores may hear of an end later.
  if (found[0]?.kind === "ended") return undefined;
  const copies = found.filter((each) => each.kind === "copy");
  const isOlder = ({ shown: one }: (typeof copies)[number], { shown: other }: (typeof copies)[number]) =>
    one.generation < other.generation || (one.generation === other.generation && one.version < other.version);
  const [first, ...others] = copies;
  if (first?.role === "authority") return first;
  return others.reduce((best, each) => (best && isOlder(best, each) ? each : best), first);
}

function ofAuthority(store: string, looked: Looked, now: number): Found {
  const at = { store, role: "authority" } as const;
  switch (looked.kind) {
    case "alive":
      return { ...at, kind: "copy", shown: looked.session, asOf: now };
    case "ended":
      return { ...at, kind: "ended", at: undefined, reason: undefined };
    case "miss":
      return { ...at, kind: "none" };
    case "unavailable":
      return { ...at, kind: "away", why: describeFault(looked.cause) };
  }
}

function ofCopies(store: string, role: "memory" | "replica", found: Lookup): Found {
  const at = { store, role };
  switch (found.kind) {
    case "hit":
      return { ...at, kind: "copy", shown: found.copy, asOf: found.copy.vouchedAt };
    case "ended":
      return { ...at, kind: "ended", ...endOf(found.tombstone) };
    case "unavailable":
      return { ...at, kind: "away", why: describeFault(found.cause) };
    default:
      return { ...at, kind: "none" };
  }
}

function ofFallback(store: string, found: BackupLookup): Found {
  const at = { store, role: "backup" } as const;
  if (found.kind === "unavailable") return { ...at, kind: "away", why: describeFault(found.cause) };
  const { record, entries } = found;
  if (record?.ended) return { ...at, kind: "ended", ...endOf(record) };
  const waiting = entries.length;
  return record ? { ...at, kind: "copy", shown: record, asOf: undefined, waiting } : { ...at, kind: "none", waiting };
}

function endOf(tombstone: Pick<Copy, "ended"> | undefined) {
  return { at: tombstone?.ended?.at, reason: tombstone?.ended?.reason };
}

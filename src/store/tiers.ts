import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { Change, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import {
  type Freshness,
  freshness,
  MEMORY_AGE_MS,
  REPLICA_AGE_MS,
  SETTLE_MS,
  type Seen,
} from "../session/freshness.ts";
import type { Authority, Committed, Copies, Kept, Lookup } from "./contracts.ts";
import type { Journaled, Outage } from "./outage.ts";

/** The name of the store that answered: `memory`, the name of the authority, or the name of a store in registry.ts. */
export type Source = string;

/** A store that was asked earlier and did not answer, and the reason. */
export interface Passed {
  readonly source: Source;
  /** The first rule of freshness that its copy breaks, or the answer that it gave instead of a copy. */
  readonly why: Exclude<Freshness, "fresh"> | Exclude<Lookup["kind"], "hit">;
  /** The copy that it holds all the same. */
  readonly copy?: Copy;
}

/** The result of a lookup, and the stores that led to it. */
export type Resolved = Lookup & {
  readonly source: Source;
  /** The stores that were asked before the one that answered, in order. */
  readonly passed: readonly Passed[];
  /** Whether it shows changes that the authority may not know yet. */
  readonly journaled?: boolean;
  /** Whether it may be older than the state that the client has seen: stores are down, or the authority was set back. */
  readonly stale?: boolean;
  /** Whether the authority was set back, as the client's token proves. */
  readonly setBack?: true;
};

/** The outcome of a change. Besides `committed`, `journaled` also acknowledges it. */
export type Written = Committed | Journaled;

/** How a request wants to be answered. */
export interface ResolveOptions {
  /** Asks the authority at once. */
  readonly strict: boolean;
  /** Whether a copy that may be older than the state that the client has seen is shown when there is no better copy. */
  readonly onStale: "serve" | "refuse";
  readonly now: number;
}

/** The stores of a session in the order in which they are asked. */
export interface Tiers {
  /** The record for a request, from the nearest copy that may answer. */
  resolve(ref: Ref, token: OpenedToken, options: ResolveOptions): Promise<Resolved>;
  /**
   * Hands a change to the authority, or to the journal when the authority cannot be reached.
   *
   * @param toMark takes the session's id if the journal was asked to take the change: the response must set the session's mark.
   */
  commit(ref: Ref, change: Change, toMark: Set<string>): Promise<Written>;
  /** Offers a copy that the authority has vouched for to the stores nearby. */
  keep(copy: Copy): Promise<Kept>;
}

/** The stores that tiers are made of. */
export interface TierParts {
  readonly memory: Copies;
  readonly replicas?: Copies | undefined;
  readonly authority: Authority;
  readonly outage?: Outage | undefined;
}

const MEMORY_BOUNDS = { ageMs: MEMORY_AGE_MS, settleMs: SETTLE_MS };
const REPLICA_BOUNDS = { ageMs: REPLICA_AGE_MS, settleMs: SETTLE_MS };

/** Combines memory, replicas, the authority, and the stores for an outage of the authority. */
export function createTiers({ memory, replicas, authority, outage }: TierParts): Tiers {
  const withoutReplicas = [{ copies: memory, bounds: MEMORY_BOUNDS }];
  const withReplicas = replicas ? [...withoutReplicas, { copies: replicas, bounds: REPLICA_BOUNDS }] : withoutReplicas;

  /** Changes that this isolate gave to the journal mark the session for every request that comes through this isolate. */
  function marked(ref: Ref, outage: Outage): Ref {
    const journaledAt = outage.journaledAt(ref.id);
    return journaledAt === undefined ? ref : { ...ref, markedAt: Math.max(journaledAt, ref.markedAt ?? 0) };
  }

  async function keep(copy: Copy): Promise<Kept> {
    // A copy kept before the first use of its generation is known would keep the generation before being served.
    return copy.mayBeKept ? memory.keep(copy) : { kind: "older" };
  }

  /** A client that has been told of the end of a session must not see that session again through a copy nearby. */
  async function keepNews(answer: Lookup | Committed): Promise<void> {
    // Each kind of answer holds one copy at most, under a name of its own.
    const { copy, tombstone, current } = answer as Partial<Record<"copy" | "tombstone" | "current", Copy>>;
    const news = copy ?? tombstone ?? current;
    if (news?.mayBeKept) await memory.keep(news);
  }

  async function duringOutage(ref: Ref, seen: Seen, passed: Passed[], options: ResolveOptions) {
    const shown = outage && { ...(await outage.read(ref, seen, options.now)), source: outage.name };
    if (shown && shown.kind !== "unavailable" && !shown.stale) {
      await keepNews(shown);
      return { ...shown, passed };
    }
    const held = passed.flatMap(({ source, copy }): Held[] => (copy ? [{ kind: "hit", source, copy }] : []));
    if (shown) passed.push({ source: shown.source, why: shown.kind === "hit" ? "version" : "unavailable" });
    if (options.onStale === "refuse") return undefined;
    // Among copies of the same version, the copy with content of the journal shows the most.
    const candidates = [...(shown?.kind === "hit" ? [shown] : []), ...held];
    // No copy may show an ended session, nor another generation.
    const usable = candidates.filter(({ copy }) => mayBeShownStale(copy, seen, options.now));
    const [newest] = usable.sort((one, other) => other.copy.version - one.copy.version);
    return newest && { ...newest, stale: true, passed };
  }

  return {
    keep,

    async resolve(given, token, options) {
      const ref = outage ? marked(given, outage) : given;
      const seen: Seen = ref.markedAt === undefined ? token : { ...token, markedAt: ref.markedAt };
      const passed: Passed[] = [];
      const nearby = token.replicated ? withReplicas : withoutReplicas;
      for (const { copies, bounds } of options.strict ? [] : nearby) {
        const source = copies.name;
        const found = await copies.read(ref, options.now);
        // An end is final, whichever store reports it.
        if (found.kind === "ended") {
          await keepNews(found);
          return { ...found, source, passed };
        }
        if (found.kind !== "hit") {
          passed.push({ source, why: found.kind });
          continue;
        }
        const { kind, copy } = found;
        const standsForReplica = options.now - (copy.replicaReadAt ?? Number.NEGATIVE_INFINITY) <= MEMORY_AGE_MS;
        const judged = freshness(copy, seen, standsForReplica ? REPLICA_BOUNDS : bounds, options.now);
        if (judged === "fresh") {
          if (copies !== memory) await keep({ ...copy, replicaReadAt: options.now });
          return { kind, copy, source, passed };
        }
        passed.push({ source, why: judged, copy });
      }

      const found = await authority.read(ref, options.now);
      if (found.kind === "unavailable") {
        passed.push({ source: authority.name, why: "unavailable" });
        return (await duringOutage(ref, seen, passed, options)) ?? { ...found, source: authority.name, passed };
      }
      await keepNews(found);
      const answer = { ...found, source: authority.name, passed };
      if (answer.kind !== "hit" || !answer.setBack) return answer;
      if (options.onStale === "serve") return { ...answer, stale: true };
      // The session is healed, so the client's next request is answered.
      const cause = new Error("the store was set back");
      return { kind: "unavailable", cause, source: authority.name, passed, setBack: true };
    },

    async commit(given, change, toMark) {
      const ref = outage ? marked(given, outage) : given;
      const committed = await authority.commit(ref, change);
      if (committed.kind !== "unavailable" || !outage) {
        await keepNews(committed);
        return committed;
      }
      const journaled = await outage.commit(ref, change);
      if (journaled.asked) toMark.add(ref.id);
      return journaled;
    },
  };
}

/** A copy that was found but may not answer by itself. */
interface Held {
  readonly kind: "hit";
  readonly copy: Copy;
  readonly source: Source;
  readonly journaled?: boolean;
}

function mayBeShownStale(copy: Copy, seen: Seen, now: number): boolean {
  return !copy.ended && copy.generation === seen.generation && now < copy.absoluteDeadline;
}

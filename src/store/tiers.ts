import type { OpenedToken } from "../inbound/token/tokens.ts";
import type { Change, Ref } from "../session/change.ts";
import type { Copy } from "../session/copy.ts";
import {
  type Bounds,
  type Freshness,
  freshness,
  MEMORY_AGE_MS,
  REPLICA_AGE_MS,
  SETTLE_MS,
  type Seen,
} from "../session/freshness.ts";
import type { Authority, Committed, Copies, Kept, Lookup, Memory } from "./contracts.ts";
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
  /** The answer of memory, if it may answer; else {@link resolve} asks the other stores. */
  atHand(ref: Ref, token: OpenedToken, options: ResolveOptions): Resolved | undefined;
  /** The record for a request, from the nearest copy that may answer. */
  resolve(ref: Ref, token: OpenedToken, options: ResolveOptions): Promise<Resolved>;
  /**
   * Hands a change to the authority, or to the journal when the authority cannot be reached.
   *
   * @param toMark takes the session's id if the journal was asked to take the change: the response must set the session's mark.
   */
  commit(ref: Ref, change: Change, toMark: Set<string>): Promise<Written>;
  /** Offers a copy that the authority has vouched for to the stores nearby. */
  keep(copy: Copy): Kept;
}

/** The stores that tiers are made of. */
export interface TierParts {
  readonly memory: Memory;
  readonly replicas?: Copies | undefined;
  readonly authority: Authority;
  readonly outage?: Outage | undefined;
}

const MEMORY_BOUNDS = { ageMs: MEMORY_AGE_MS, settleMs: SETTLE_MS };
const REPLICA_BOUNDS = { ageMs: REPLICA_AGE_MS, settleMs: SETTLE_MS };

/** Combines memory, replicas, the authority, and the stores for an outage of the authority. */
export function createTiers({ memory, replicas, authority, outage }: TierParts): Tiers {
  /** Changes that this isolate gave to the journal mark the session for every request that comes through this isolate. */
  function marked(ref: Ref, outage: Outage): Ref {
    const journaledAt = outage.journaledAt(ref.id);
    return journaledAt === undefined ? ref : { ...ref, markedAt: Math.max(journaledAt, ref.markedAt ?? 0) };
  }

  /** A client that has been told of the end of a session must not see that session again through a copy nearby. */
  function keepNews(answer: Lookup | Committed): void {
    // Each kind of answer holds one copy at most, under a name of its own.
    const { copy, tombstone, current } = answer as Partial<Record<"copy" | "tombstone" | "current", Copy>>;
    const news = copy ?? tombstone ?? current;
    if (news?.mayBeKept) memory.keep(news);
  }

  /** @param passed takes the reason why memory may not answer. */
  function atHand(given: Ref, token: OpenedToken, { strict, now }: ResolveOptions, passed: Passed[] = []) {
    if (strict) return undefined;
    const ref = outage ? marked(given, outage) : given;
    return nearby(memory.name, memory.read(ref), MEMORY_BOUNDS, { ref, token, now, passed });
  }

  async function duringOutage(ref: Ref, token: OpenedToken, passed: Passed[], options: ResolveOptions) {
    const seen: Seen = { ...token, markedAt: ref.markedAt };
    const shown = outage && { ...(await outage.read(ref, seen, options.now)), source: outage.name };
    if (shown && shown.kind !== "unavailable" && !shown.stale) {
      keepNews(shown);
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
    // A copy kept before the first use of its generation is known would keep the generation before being served.
    keep: (copy) => (copy.mayBeKept ? memory.keep(copy) : { kind: "older" }),

    atHand,

    async resolve(given, token, options) {
      const passed: Passed[] = [];
      const remembered = atHand(given, token, options, passed);
      if (remembered) return remembered;
      const ref = outage ? marked(given, outage) : given;
      const { now } = options;
      if (replicas && token.replicated && !options.strict) {
        const found = await replicas.read(ref, now);
        const answer = nearby(replicas.name, found, REPLICA_BOUNDS, { ref, token, now, passed });
        if (answer) {
          keepNews(answer.kind === "hit" ? { ...answer, copy: { ...answer.copy, replicaReadAt: now } } : answer);
          return answer;
        }
      }

      const found = await authority.read(ref, options.now);
      if (found.kind === "unavailable") {
        passed.push({ source: authority.name, why: "unavailable" });
        return (await duringOutage(ref, token, passed, options)) ?? { ...found, source: authority.name, passed };
      }
      keepNews(found);
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
        keepNews(committed);
        return committed;
      }
      const journaled = await outage.commit(ref, change);
      if (journaled.asked) toMark.add(ref.id);
      return journaled;
    },
  };
}

/** A request for which a store nearby is asked. */
interface Nearby {
  readonly ref: Ref;
  readonly token: OpenedToken;
  readonly now: number;
  /** Takes the reason why the store may not answer. */
  readonly passed: Passed[];
}

/** The answer of a store nearby, if it may answer: an end is final, whichever store reports it, and a copy must be fresh. */
function nearby(
  source: Source,
  found: Lookup,
  bounds: Bounds,
  { ref, token, now, passed }: Nearby,
): Resolved | undefined {
  if (found.kind === "ended") return { ...found, source, passed };
  if (found.kind !== "hit") {
    passed.push({ source, why: found.kind });
    return undefined;
  }
  const { kind, copy } = found;
  const seen: Seen = ref.markedAt === undefined ? token : { ...token, markedAt: ref.markedAt };
  const standsForReplica = now - (copy.replicaReadAt ?? Number.NEGATIVE_INFINITY) <= MEMORY_AGE_MS;
  const judged = freshness(copy, seen, standsForReplica ? REPLICA_BOUNDS : bounds, now);
  if (judged === "fresh") return { kind, copy, source, passed };
  passed.push({ source, why: judged, copy });
  return undefined;
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

import { withinDeadline } from "../../lib/deadline.ts";
import { describeFault } from "../../log.ts";
import type { Actor, AuditEntry, Audited } from "../../upstream/live/audit.ts";
import type {
  ChangedPool,
  LookedPool,
  PoolChange,
  PoolTotals,
  Probing,
  Seen,
  SeenOrigin,
  SessionPatience,
} from "../../upstream/live/pool-contracts.ts";
import { type PoolState, standingAt, withUnhealthy } from "../../upstream/live/pool-state.ts";
import type { ProbePlan } from "../../upstream/live/probe-plan.ts";
import type { Report } from "../../upstream/live/report.ts";
import { boundCount, windowOf } from "../../upstream/live/sightings.ts";
import { Alerts } from "./alerts.ts";
import type { SendNote } from "./notes.ts";
import { type AppliedChange, applyChange, drainToEnd, isLate, rebased } from "./pool-changes.ts";
import { PoolProbes, type PoolProbesParts } from "./pool-probes.ts";
import type { KnownPool } from "./pool-rows.ts";
import { Totals } from "./totals.ts";

/** The storage, the alarm, and the callbacks of a pool's authority. */
export interface PoolAuthorityParts extends PoolProbesParts {
  /** The object's one alarm. */
  readonly alarms: { getAlarm(): Promise<number | null>; setAlarm(at: number): Promise<void> };
  /** Makes a state known to all isolates. @throws the reason why it could not. */
  readonly publish: (pool: string, state: PoolState) => Promise<void>;
  /** The least time from one publication to the next, in milliseconds. */
  readonly betweenPublicationsMs: number;
  readonly sendNote: SendNote;
  /** Holds on to work that nothing waits for. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}

/** After this time, the alarm repeats a write that KV has refused. */
const RETRY_MS = 5_000;
/** How long an operator waits for the publication. After that they are told that it goes on without them. */
const PUBLISH_WAIT_MS = 2_000;
/** Among so many of the newest actions is the action of a call that is repeated at once. */
const LATELY = 20;

/**
 * The one place that orders the changes of operators and the results of probes for a pool's origins. It publishes the versions
 * one after the other; the alarm repeats a publication that failed. {@link PoolAuthority.alarm} lists the duties of the alarm,
 * and one method below it decides when the alarm rings next.
 */
export class PoolAuthority {
  readonly #parts: PoolAuthorityParts;
  readonly #probes: PoolProbes;
  readonly #totals: Totals;
  readonly #alerts: Alerts;
  #isPublishing = false;

  constructor(parts: PoolAuthorityParts) {
    this.#parts = parts;
    this.#probes = new PoolProbes(parts);
    this.#totals = new Totals(parts);
    const probed = () => this.#probes.known();
    this.#alerts = new Alerts({ ...parts, send: parts.sendNote, totals: this.#totals, probed });
  }

  async look({ awayMs }: SessionPatience): Promise<LookedPool> {
    const { rows, clock } = this.#parts;
    this.#totals.save();
    const state = rows.known()?.state;
    const draining = state ? this.#draining(state) : [];
    const bound = draining.map((origin) => [origin, boundCount(rows.seen(origin), clock(), awayMs)] as const);
    const probes = this.#probes.known().map(({ id, verdict, last }) => [id, { verdict, last }] as const);
    return { kind: "known", state, bound: Object.fromEntries(bound), probes: Object.fromEntries(probes) };
  }

  async change(ask: { pool: string; change: PoolChange } & SessionPatience): Promise<ChangedPool> {
    const { rows, clock } = this.#parts;
    const { pool, awayMs } = ask;
    const { by, onVersion, ...asked } = ask.change;
    const change = { ...asked, others: this.#healthy(asked.others) };
    const known = rows.known();
    const before = known?.state.version ?? 0;
    const repeated = by && this.#auditedAs(by.id);
    if (repeated) return { kind: repeated, state: known?.state, published: !this.#isDue() };
    const isOther = onVersion !== undefined && onVersion !== before;
    const applied: AppliedChange = isOther
      ? { kind: "refused", reason: "version-changed" }
      : applyChange(known?.state, change, clock());
    // The entry is written in the same turn as the change, so both are stored or neither is.
    if (by) this.#auditChange(by, pool, change, applied, before);
    if (applied.kind === "refused") return applied;
    if (applied.kind === "changed") {
      const pending = [...(known?.pending ?? []), { change, askedAt: clock() }];
      rows.know({ ...known, pool, awayMs, state: applied.state, pending });
    }
    // The alarm is set before the publication, so that no failure after this point leaves the change unpublished.
    await this.#arm();
    // A write that KV refuses is logged, and a slow write goes on. The answer tells whether the change is published, and the
    // alarm completes it.
    await withinDeadline(this.#publishIfDue(), PUBLISH_WAIT_MS).catch(() => {});
    return { kind: applied.kind, state: rows.known()?.state, published: !this.#isDue() };
  }

  async audit({ entry }: { entry: AuditEntry }): Promise<{ kind: "kept" }> {
    this.#parts.rows.audit(entry);
    if (entry.outcome !== "asked") this.#alerts.acted(entry);
    await this.#arm();
    return { kind: "kept" };
  }

  async audited({ most }: { most: number }): Promise<Audited> {
    return { kind: "audited", entries: this.#parts.rows.audited(most) };
  }

  async see(ask: { pool?: string; seen: SeenOrigin[]; report?: Report } & SessionPatience): Promise<Seen> {
    const { pool, seen, report, awayMs } = ask;
    const { rows } = this.#parts;
    const known = rows.known();
    if (known && known.awayMs !== awayMs) rows.know({ ...known, awayMs });
    const isUnsaved = this.#totals.take(seen, report, awayMs);
    // A Worker of older code does not name the pool.
    if (report && pool !== undefined) this.#alerts.heard(pool, report.webhook);
    if (isUnsaved || this.#alerts.dueAt() < Infinity) await this.#arm();
    return { kind: "seen", watched: this.#totals.isWatched() };
  }

  async totals({ watches, awayMs }: { watches: boolean } & SessionPatience): Promise<PoolTotals> {
    return this.#totals.look(watches, awayMs);
  }

  /** Has the origins probed for a while. */
  async probe(ask: { pool: string; plan: ProbePlan } & SessionPatience): Promise<Probing> {
    this.#probes.ask(ask);
    await this.#arm();
    return { kind: "probing" };
  }

  /** Does the work that is due. It may run more than once, and early. */
  async alarm(): Promise<void> {
    try {
      this.#totals.save();
      this.#endEmptyDrains();
      await this.#publishIfDue();
      this.#alerts.look();
      this.#alerts.send();
      if (await this.#probes.round()) this.#alerts.look();
      await this.#publishIfDue();
    } finally {
      await this.#arm();
    }
  }

  /** Sets the alarm to ring when the next work is due. */
  async #arm(): Promise<void> {
    const { alarms, clock, betweenPublicationsMs } = this.#parts;
    const publishAt = Math.max(this.#publishAt(), clock() + betweenPublicationsMs);
    const ringsAt = Math.min(
      publishAt,
      this.#nextCountAt(),
      this.#probes.dueAt(),
      this.#totals.saveAt(),
      this.#alerts.dueAt(),
    );
    if (ringsAt === Infinity) return;
    const set = await alarms.getAlarm();
    if (set === null || ringsAt < set) await alarms.setAlarm(ringsAt);
  }

  /** The origins that probes do not consider unhealthy. */
  #healthy(origins: readonly string[]): string[] {
    const now = this.#parts.clock();
    const unhealthy = this.#probes.unhealthy().filter((flag) => now < flag.unhealthy.until);
    return origins.filter((origin) => !unhealthy.some(({ id }) => id === origin));
  }

  /** The outcome of a change that was made already: a call that is repeated must not change the pool twice. */
  #auditedAs(id: string): "changed" | "unchanged" | undefined {
    const outcome = this.#parts.rows.audited(LATELY).find((entry) => entry.id === id)?.outcome;
    return outcome === "changed" || outcome === "unchanged" ? outcome : undefined;
  }

  #auditChange(by: Actor, pool: string, change: PoolChange, applied: AppliedChange, before: number): void {
    const after = applied.kind === "changed" ? applied.state.version : before;
    const entry = {
      ...by,
      at: this.#parts.clock(),
      action: change.action,
      pool,
      origin: change.origin,
      outcome: applied.kind === "refused" ? applied.reason : applied.kind,
      versions: { before, after },
    };
    this.#parts.rows.audit(entry);
    if (applied.kind === "changed") this.#alerts.acted(entry);
  }

  #draining(state: PoolState): string[] {
    const now = this.#parts.clock();
    return state.origins.filter(({ closures }) => standingAt(closures, now) === "draining").map(({ id }) => id);
  }

  #isDue(): boolean {
    const known = this.#parts.rows.known();
    return (known !== undefined && known.pending.length > 0) || this.#hasNewVerdicts(known);
  }

  #hasNewVerdicts(known: KnownPool | undefined): boolean {
    return JSON.stringify(known?.published?.unhealthy ?? []) !== JSON.stringify(this.#probes.unhealthy());
  }

  #publishAt(): number {
    if (!this.#isDue()) return Infinity;
    const { published, triedAt = -Infinity } = this.#parts.rows.known() ?? {};
    return Math.max((published?.at ?? -Infinity) + this.#parts.betweenPublicationsMs, triedAt + RETRY_MS);
  }

  async #publishIfDue(): Promise<void> {
    const { rows, publish, clock, log } = this.#parts;
    const known = rows.known() ?? this.#knownByProbes();
    // One write at a time: an older write that KV accepts late must not undo a newer write.
    if (!known || this.#isPublishing || clock() < this.#publishAt()) return;
    this.#isPublishing = true;
    const at = clock();
    const { pool, pending, published } = known;
    const later = isLate(pending, at) ? rebased(published?.state, pending, at) : undefined;
    const isNewer = later !== undefined || this.#hasNewVerdicts(known);
    const state = { ...(later ?? known.state), version: known.state.version + (isNewer ? 1 : 0) };
    const unhealthy = this.#probes.unhealthy();
    rows.know({ ...known, state, triedAt: at });
    try {
      await publish(pool, withUnhealthy(state, unhealthy));
      const { triedAt, ...rest } = rows.known() ?? known;
      rows.know({ ...rest, published: { state, at, unhealthy }, pending: rest.pending.slice(pending.length) });
    } catch (cause) {
      log({ event: "pool_state_unpublished", pool, reason: describeFault(cause) });
    } finally {
      this.#isPublishing = false;
    }
  }

  /** A pool that operators have not changed yet. */
  #knownByProbes(): KnownPool | undefined {
    const asked = this.#parts.rows.asked();
    if (!asked) return undefined;
    const { pool, awayMs } = asked;
    return { pool, awayMs, state: { schema: 1, version: 0, origins: [] }, pending: [] };
  }

  /**
   * When to count next the sessions that are bound to an origin that drains. All of them must first have had the time to be seen.
   */
  #nextCountAt(): number {
    const { rows, clock } = this.#parts;
    const known = rows.known();
    if (!known) return Infinity;
    const now = clock();
    const { state, awayMs } = known;
    const times = state.origins.flatMap(({ closures }) => {
      const drain = drainToEnd(closures, now);
      if (!drain) return [];
      const first = drain.from + awayMs;
      return [first > now ? first : now + windowOf(awayMs)];
    });
    return Math.min(Infinity, ...times);
  }

  #endEmptyDrains(): void {
    const { rows, clock, log } = this.#parts;
    const now = clock();
    const known = rows.known();
    if (!known) return;
    const { pool, awayMs, ...rest } = known;
    let { state, pending } = rest;
    for (const { id: origin, closures } of known.state.origins) {
      const drain = drainToEnd(closures, now);
      if (!drain || now < drain.from + awayMs || boundCount(rows.seen(origin), now, awayMs) > 0) continue;
      const change = { action: "end", origin, others: [], sessionLifeMs: Infinity } as const;
      const applied = applyChange(state, change, now);
      if (applied.kind !== "changed") continue;
      state = applied.state;
      pending = [...pending, { change, askedAt: now }];
      rows.see(origin, []);
      log({ event: "drain_ended", pool, origin });
    }
    if (state !== known.state) rows.know({ ...known, state, pending });
  }
}

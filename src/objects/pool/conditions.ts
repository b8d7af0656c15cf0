import type { Counts } from "../../totals/tally.ts";
import type { IsolatesHeard, ProbedOrigin } from "../../upstream/live/pool-contracts.ts";
import type { SweepOutcome } from "../../upstream/live/report.ts";

/**
 * A state of the site that operators are told of when it begins, and when it is over.
 *
 * - `origin-down`: probes, or more than half of the isolates, send the origin no sessions.
 * - `panic`: more than half of the isolates ignore the health of the pool's origins.
 * - `errors`: more than 1 % of the pool's requests of the last five minutes got 5xx.
 * - `store-away`: more than half of the isolates do not ask the store.
 * - `store-set-back`: tokens of visitors have proved that the store has lost data.
 * - `sweep-failed`: the cron job has failed, or has not run for five minutes.
 * - `journal-waits`: for five minutes, the cron job has left changes that Redis has accepted.
 */
export type ConditionKind =
  | "origin-down"
  | "panic"
  | "errors"
  | "store-away"
  | "store-set-back"
  | "sweep-failed"
  | "journal-waits";

/** What speaks for a condition now. A condition without evidence is not known, and stays as it is. */
export interface Evidence {
  readonly kind: ConditionKind;
  /** The origin or the store that it is about; "": the pool, or the site. */
  readonly about: string;
  /** Whether it is enough to say that the condition has begun. */
  readonly begins: boolean;
  /** Whether something still speaks for the condition, so that it is not over. */
  readonly holds: boolean;
  /** The evidence in words. */
  readonly because: string;
}

/** A condition as its object keeps it. Times are milliseconds since 1970. */
export interface Condition extends Pick<Evidence, "kind" | "about" | "because"> {
  /** Since when there is enough evidence without a break. */
  readonly since: number;
  /** When something last spoke for it. */
  readonly heldAt: number;
  /** When operators were told that it has begun; `undefined`: they have not been told yet. */
  readonly toldAt?: number;
}

/** A change that operators are told of. */
export interface ConditionChange {
  readonly state: "began" | "over";
  readonly condition: Condition;
}

/** What isolates have told lately. */
export interface HeardFacts {
  readonly isolates: IsolatesHeard;
  /** The stores that have lost data, as isolates say. */
  readonly losing: readonly string[];
  /** How many have reported lately. The state of those that reported before the object was started is not known. */
  readonly reporting: number;
  readonly minutes: readonly Counts[];
  readonly sweep: SweepOutcome | undefined;
}

/** What an object knows of its pool, or of the site. The counts are those of the last five minutes. */
export interface KnownFacts extends HeardFacts {
  readonly probed: readonly ProbedOrigin[];
  /** Whether the object is that of the site, which knows no pool. */
  readonly isSite: boolean;
  /** The conditions so far: evidence against them is needed as well. */
  readonly conditions: readonly Condition[];
}

const MINUTE_MS = 60_000;
/** A sweep that has not run for so long is late. The cron job runs each minute. */
const SWEEP_LATE_MS = 5 * MINUTE_MS;
/** How long the journal may wait. */
const JOURNAL_MS = 5 * MINUTE_MS;
/** A condition is over when nothing has spoken for it for so long. Each isolate reports at least once in that time. */
export const CLEAR_MS = 2.5 * MINUTE_MS;
/** The time of the last evidence is kept this exactly. */
const HELD_MS = MINUTE_MS / 2;
const MOST_FAILED = 0.01;
/** Fewer requests say nothing about a share of 1 %. */
const LEAST_REQUESTS = 100;

/** Everything that speaks for or against a condition now. */
export function evidenceOf(facts: KnownFacts, now: number): readonly Evidence[] {
  return facts.isSite ? [...ofStores(facts), ...ofSweep(facts, now)] : [...ofOrigins(facts, now), ...ofPool(facts)];
}

/** When the evidence may change because time passes; `Infinity`: it does not. */
export function sweepLateAt({ sweep, isSite }: Pick<KnownFacts, "sweep" | "isSite">): number {
  return isSite && sweep ? sweep.at + SWEEP_LATE_MS + 1 : Infinity;
}

/** The conditions after new evidence, and the changes that operators are to be told of. */
export function afterEvidence(
  before: readonly Condition[],
  evidence: readonly Evidence[],
  now: number,
): { readonly conditions: readonly Condition[]; readonly changes: readonly ConditionChange[] } {
  const conditions: Condition[] = [];
  const changes: ConditionChange[] = [];
  const known = new Map(before.map((condition) => [keyOf(condition), condition]));
  for (const found of evidence) {
    const old = known.get(keyOf(found));
    known.delete(keyOf(found));
    const next = renewed(old, found, now);
    if (next?.toldAt === undefined && next && now >= next.since + delayOf(next)) {
      const told = { ...next, toldAt: now };
      conditions.push(told);
      changes.push({ state: "began", condition: told });
    } else if (next) conditions.push(next);
    else if (old?.toldAt !== undefined) changes.push({ state: "over", condition: old });
  }
  return { conditions: [...conditions, ...known.values()], changes };
}

/** When conditions may change because time passes; `Infinity`: they do not. */
export function nextChangeAt(conditions: readonly Condition[], now: number): number {
  const times = conditions.map((condition) =>
    condition.toldAt === undefined ? condition.since + delayOf(condition) : condition.heldAt + CLEAR_MS,
  );
  // A time that has passed without a change waits for evidence.
  return Math.min(Infinity, ...times.filter((time) => time > now));
}

function renewed(old: Condition | undefined, { kind, about, because, begins, holds }: Evidence, now: number) {
  if (old?.toldAt === undefined) {
    if (!begins) return undefined;
    return old ?? { kind, about, because, since: now, heldAt: now };
  }
  if (holds) return now - old.heldAt < HELD_MS ? old : { ...old, heldAt: now };
  return now - old.heldAt < CLEAR_MS ? old : undefined;
}

function delayOf({ kind }: Pick<Condition, "kind">): number {
  return kind === "journal-waits" ? JOURNAL_MS : 0;
}

function keyOf({ kind, about }: Pick<Condition, "kind" | "about">): string {
  return `${kind} ${about}`;
}

function ofOrigins({ isolates, reporting, probed, conditions }: KnownFacts, now: number): Evidence[] {
  const verdicts = new Map(probed.map(({ id, verdict }) => [id, verdict]));
  const ids = new Set([...verdicts.keys(), ...Object.keys(isolates.ejecting), ...aboutsOf("origin-down", conditions)]);
  return [...ids].flatMap((about) => {
    const verdict = verdicts.get(about);
    const isUnhealthy = verdict?.state === "unhealthy" && now < verdict.until;
    const ejecting = sumOf(isolates.ejecting[about]);
    if (verdict === undefined && isolates.heard === 0) return [];
    const because = [
      ...(isUnhealthy ? [`probes: ${verdict.reason.kind}`] : []),
      ...(ejecting > 0 ? [`ejected by ${ejecting} of ${reporting} isolates`] : []),
    ];
    return [
      {
        kind: "origin-down",
        about,
        begins: isUnhealthy || ejecting * 2 > reporting,
        holds: isUnhealthy || ejecting > 0,
        because: because.join("; "),
      },
    ];
  });
}

function ofPool({ isolates, reporting, minutes }: KnownFacts): Evidence[] {
  const { panicking, heard } = isolates;
  const all = requestsIn(minutes);
  const failed = requestsIn(minutes, 'status="5xx"');
  const share = all === 0 ? 0 : failed / all;
  const percent = `${(share * 100).toFixed(1)} % of ${all} requests`;
  const panic: Evidence[] = [
    {
      kind: "panic",
      about: "",
      begins: panicking * 2 > reporting,
      holds: panicking > 0,
      because: `${panicking} of ${reporting} isolates`,
    },
  ];
  const errors: Evidence[] = [
    {
      kind: "errors",
      about: "",
      begins: all >= LEAST_REQUESTS && share > MOST_FAILED,
      holds: share > MOST_FAILED / 2,
      because: percent,
    },
  ];
  return [...(heard === 0 ? [] : panic), ...(all === 0 ? [] : errors)];
}

function ofStores({ isolates: { heard, open }, losing, reporting, conditions }: KnownFacts): Evidence[] {
  if (heard === 0) return [];
  const away = new Set([...Object.keys(open), ...aboutsOf("store-away", conditions)]);
  const setBack = new Set([...losing, ...aboutsOf("store-set-back", conditions)]);
  return [
    ...Array.from(away, (about): Evidence => {
      const by = sumOf(open[about]);
      const because = `not asked by ${by} of ${reporting} isolates`;
      return { kind: "store-away", about, begins: by * 2 > reporting, holds: by > 0, because };
    }),
    ...Array.from(setBack, (about): Evidence => {
      const proved = losing.includes(about);
      return { kind: "store-set-back", about, begins: proved, holds: proved, because: "tokens of visitors prove it" };
    }),
  ];
}

function ofSweep({ sweep }: KnownFacts, now: number): Evidence[] {
  if (!sweep) return [];
  const isLate = now - sweep.at > SWEEP_LATE_MS;
  const failed = sweep.failed || isLate;
  const waits = sweep.left > 0;
  return [
    {
      kind: "sweep-failed",
      about: "",
      begins: failed,
      holds: failed,
      because: isLate ? "it is late" : "the index could not be read to its end",
    },
    { kind: "journal-waits", about: "", begins: waits, holds: waits, because: `${sweep.left} sessions wait` },
  ];
}

/** The origins or stores of the conditions of a kind. */
function aboutsOf(kind: ConditionKind, conditions: readonly Condition[]): string[] {
  return conditions.filter((condition) => condition.kind === kind).map(({ about }) => about);
}

function sumOf(colos: Readonly<Record<string, number>> = {}): number {
  return Object.values(colos).reduce((sum, count) => sum + count, 0);
}

function requestsIn(minutes: readonly Counts[], label = ""): number {
  let sum = 0;
  for (const counts of minutes) {
    for (const [series, count] of Object.entries(counts)) {
      if (series.startsWith("moor_requests_total{") && series.includes(label)) sum += count as number;
    }
  }
  return sum;
}

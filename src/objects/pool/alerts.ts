import { randomId } from "../../lib/base64url.ts";
import type { AuditEntry } from "../../upstream/live/audit.ts";
import { type ProbedOrigin, SITE } from "../../upstream/live/pool-contracts.ts";
import { afterEvidence, type ConditionChange, evidenceOf, nextChangeAt, sweepLateAt } from "./conditions.ts";
import { Notes, type NotesParts } from "./notes.ts";
import type { Totals } from "./totals.ts";

/** The facts that an object has, and the way to the receiver. */
export interface AlertsParts extends NotesParts {
  readonly totals: Pick<Totals, "heard" | "lastSweep" | "reporting">;
  /** The origins that are probed. */
  readonly probed: () => readonly ProbedOrigin[];
}

/** Evidence of n isolates is looked at no more often than n times this, because n isolates send n reports a minute. */
const LOOK_MS_PER_ISOLATE = 2;
/** Errors are counted over this many minutes. */
const MINUTES = 5;

/**
 * Tells operators of changes by a webhook. The object that orders a state also tells of it, so that there is one call, whatever the number
 * of isolates. Isolates bring the address of the webhook with their reports.
 */
export class Alerts {
  readonly #parts: AlertsParts;
  readonly #notes: Notes;
  #lookedAt = -Infinity;
  /** Whether something has happened since then. */
  #isStale = false;

  constructor(parts: AlertsParts) {
    this.#parts = parts;
    this.#notes = new Notes(parts);
  }

  /**
   * An isolate has reported to this object.
   *
   * @param url the address of the webhook; "": none is configured; `undefined`: the isolate's code is older.
   */
  heard(pool: string, url: string | undefined): void {
    const { rows } = this.#parts;
    const kept = rows.webhook();
    if (url !== undefined && url !== (kept?.url ?? "")) rows.keepWebhook({ pool, url });
    this.learnt();
  }

  /** There may be new evidence. */
  learnt(): void {
    this.#isStale = true;
    if (this.#parts.clock() >= this.#mayLookAt()) this.look();
  }

  /** Tells of an action of an operator, in the same write as its entry. The result of the action is known. */
  acted(entry: AuditEntry): void {
    if (!this.#hook()) return;
    const { id, at, ...rest } = entry;
    this.#add(id, { event: "action", at, ...rest, text: `${entry.who}: ${entry.action} (${entry.outcome})` });
  }

  /** Looks at the evidence, and notes what has changed. */
  look(): void {
    const { rows, totals, probed, clock } = this.#parts;
    const hook = this.#hook();
    if (!hook) return;
    const now = clock();
    this.#lookedAt = now;
    this.#isStale = false;
    const before = rows.conditions();
    const isSite = hook.pool === SITE;
    const facts = { ...totals.heard(MINUTES), probed: probed(), isSite, conditions: before };
    const { conditions, changes } = afterEvidence(before, evidenceOf(facts, now), now);
    if (JSON.stringify(conditions) !== JSON.stringify(before)) rows.keepConditions(conditions);
    for (const change of changes) this.#tell(change, hook.pool, now);
  }

  /** When the alarm is to look, or to send, next; `Infinity`: there is nothing to do. */
  dueAt(): number {
    const hook = this.#hook();
    if (!hook) return Infinity;
    const { rows, totals, clock } = this.#parts;
    const now = clock();
    const lateAt = sweepLateAt({ sweep: totals.lastSweep(), isSite: hook.pool === SITE });
    return Math.min(
      this.#isStale ? this.#mayLookAt() : Infinity,
      nextChangeAt(rows.conditions(), now),
      lateAt > now ? lateAt : Infinity,
      this.#notes.dueAt(),
    );
  }

  /** Sends what is due. Nothing waits for the receiver. */
  send(): void {
    const hook = this.#hook();
    if (hook) this.#notes.sendDue(hook.url);
  }

  #mayLookAt(): number {
    return this.#lookedAt + this.#parts.totals.reporting() * LOOK_MS_PER_ISOLATE;
  }

  #hook(): { readonly pool: string; readonly url: string } | undefined {
    const hook = this.#parts.rows.webhook();
    return hook?.url ? hook : undefined;
  }

  #tell({ state, condition }: ConditionChange, pool: string, at: number): void {
    const { kind: event, about, since, because } = condition;
    const isStore = event === "store-away" || event === "store-set-back";
    const where = pool === SITE ? {} : { pool };
    const what = about === "" ? {} : isStore ? { store: about } : { origin: about };
    const name = [...Object.values(where), ...Object.values(what)].join("/");
    const text = `${name || "site"}: ${event} ${state === "began" ? "began" : "is over"} (${because})`;
    this.#add(randomId(), { event, state, at, since, ...where, ...what, because, text });
  }

  #add(id: string, told: object): void {
    this.#notes.add(id, JSON.stringify({ id, ...told }));
  }
}

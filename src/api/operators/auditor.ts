import type { Log } from "../../log.ts";
import type { AuditEntry } from "../../upstream/live/audit.ts";
import { type Pools, SITE } from "../../upstream/live/pool-contracts.ts";

/** An action on sessions, before its result is known. */
export type AuditedAction = Pick<AuditEntry, "who" | "from" | "action" | "session" | "principal">;

/** Keeps an action on sessions before it is done, and its result after that. */
export type Auditor = <T extends { readonly kind: string }>(
  action: AuditedAction,
  run: () => Promise<T>,
  outcomeOf?: (result: T) => string,
) => Promise<T>;

/** The parts of an auditor. */
export interface AuditorParts {
  /** `undefined`: there is no object that keeps actions, and the log alone has them. */
  readonly pools: Pick<Pools, "audit"> | undefined;
  readonly clock: () => number;
  readonly log: Log;
}

/**
 * An action is done also if it cannot be kept: during an outage operators must be able to act. Then the log says `audit_lost`. An action
 * whose result could not be kept stays as `asked`.
 */
export function createAuditor({ pools, clock, log }: AuditorParts): Auditor {
  return async (action, run, outcomeOf = ({ kind }) => kind) => {
    if (!pools) return run();
    const entry = { ...action, id: crypto.randomUUID(), at: clock() };
    const keep = async (outcome: string) => {
      const kept = await pools.audit(SITE, { entry: { ...entry, outcome } });
      if (kept.kind === "unavailable")
        log({ event: "audit_lost", who: action.who, action: action.action, reason: outcome });
    };
    await keep("asked");
    const result = await run();
    await keep(outcomeOf(result));
    return result;
  };
}

import type { AskedParts } from "../../lib/asked.ts";
import type { Unavailable } from "../../lib/unavailable.ts";
import type { Counts, Tally } from "../../totals/tally.ts";
import type { Seen, SeenOrigin } from "./pool-contracts.ts";
import { GIVE_UP_MS, type IsolateState, REPORT_EVERY_MS, type Report, WATCHED_EVERY_MS } from "./report.ts";
import { addTo, emptySketch, type Sketch } from "./sketch.ts";

/** Counts the requests of an isolate for a pool, and reports to the pool's object. */
export interface Reporter {
  readonly tally: Tally;
  /** A session, which has come back, was served by an origin. */
  see(origin: string, session: string): void;
  /** A request was counted. Reports behind its response, if it is time to. */
  counted(now: number, request?: AskedParts): void;
}

/** The parts of a reporter. */
export interface ReporterParts {
  readonly tally: Tally;
  /** A random id of the isolate. */
  readonly isolate: string;
  readonly send: (ask: { seen: SeenOrigin[]; report: Report }) => Promise<Seen | Unavailable>;
  readonly state: () => Omit<IsolateState, "colo">;
  /** Holds on to work behind the response. */
  readonly keepAlive: (work: Promise<unknown>) => void;
  /** A number from 0 to below 1. Without it, isolates that began together would report at the same moments ever after. */
  readonly random: () => number;
}

interface Pending {
  readonly number: number;
  readonly frozenAt: number;
  readonly seen: SeenOrigin[];
  readonly counts: Counts;
}

/**
 * Reports what an isolate counts and sees. Without requests there is no report. A report that failed is sent again unchanged, because
 * nobody knows whether the object has counted it. If the isolate ends, the counts since its last report are lost.
 */
export function createReporter({ tally, isolate, send, state, keepAlive, random }: ReporterParts): Reporter {
  let seen = new Map<string, Sketch>();
  let pending: Pending | undefined;
  let number = 0;
  let everyMs = REPORT_EVERY_MS;
  let dueAt = -Infinity;

  function freeze(now: number): Pending {
    const sketches = Array.from(seen, ([origin, sketch]) => ({ origin, sketch }));
    seen = new Map();
    number++;
    return { number, frozenAt: now, seen: sketches, counts: tally.report() };
  }

  async function tell(now: number, colo: string): Promise<void> {
    if (pending && now - pending.frozenAt > GIVE_UP_MS) pending = undefined;
    pending ??= freeze(now);
    const told = pending;
    const answer = await send({
      seen: told.seen,
      report: { ...state(), colo, isolate, number: told.number, counts: told.counts },
    });
    if (answer.kind === "unavailable") return;
    if (pending === told) pending = undefined;
    const nextMs = answer.watched ? WATCHED_EVERY_MS : REPORT_EVERY_MS;
    if (nextMs < everyMs) dueAt = Math.min(dueAt, now + nextMs);
    everyMs = nextMs;
  }

  return {
    tally,
    see(origin, session) {
      let sketch = seen.get(origin);
      if (!sketch) {
        sketch = emptySketch();
        seen.set(origin, sketch);
      }
      addTo(sketch, session);
    },
    counted(now, request) {
      if (now < dueAt) return;
      dueAt = now + everyMs * (dueAt === -Infinity ? 1 - random() : 1);
      keepAlive(tell(now, coloOf(request)));
    },
  };
}

function coloOf(request: AskedParts | undefined): string {
  const { colo } = (request as { cf?: { colo?: unknown } } | undefined)?.cf ?? {};
  return typeof colo === "string" && /^[A-Z]{3}$/.test(colo) ? colo : "";
}

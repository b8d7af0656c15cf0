import type { SessionEvent, SessionEvents } from "../../config/types.ts";
import { describeFault, type Log } from "../../log.ts";

/** Where the events of sessions go. */
export interface TellerParts {
  readonly log: Log;
  /** The hook of the configuration. Default: events go to the log alone. */
  readonly events?: SessionEvents | undefined;
  /** Lets work go on after the answer. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Tells of sessions' events, and keeps work alive whose faults would otherwise be lost. */
export interface Teller {
  tell(event: SessionEvent): void;
  keepAlive(work: Promise<unknown>): void;
}

/** Tells the log and the hook of each event. A fault of the hook, or of work that goes on, is logged. */
export function createTeller({ log, events, waitUntil }: TellerParts): Teller {
  const keepAlive = (work: Promise<unknown>) =>
    waitUntil(work.catch((fault: unknown) => log({ event: "internal_error", reason: describeFault(fault) })));
  return {
    keepAlive,
    tell(event) {
      const { kind, session, reason } = event;
      log({ event: "session", kind, session, ...(reason ? { reason } : {}) });
      if (events) keepAlive((async () => events(event))());
    },
  };
}

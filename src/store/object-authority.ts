import type { Change, Ref } from "../session/change.ts";
import { type Breaker, BreakerOpenError } from "./breaker.ts";
import type { Authority, Committed, Lookup, TakenOver } from "./contracts.ts";
import { withinDeadline } from "./deadline.ts";
import type { CopyPolicy } from "./session-authority.ts";

/** The methods of `SessionObject`, as a stub offers them. */
interface SessionCalls {
  read(ask: { ref: Ref; now: number; copies: CopyPolicy }): Promise<Lookup>;
  commit(ask: { ref: Ref; change: Change; copies: CopyPolicy }): Promise<Committed>;
  takeOver(ask: { id: string; copies: CopyPolicy }): Promise<TakenOver>;
}

/** What of a namespace of objects is used. */
export interface SessionObjects {
  getByName(name: string, options: { retry: { maxRetries: number } }): unknown;
}

/** How the authority's objects are called. */
export interface ObjectAuthorityOptions {
  /** How long a call may take, all attempts together, in milliseconds. Default 3,000. */
  readonly deadlineMs?: number;
  /** What objects write outside of themselves. Default: nothing. */
  readonly copies?: CopyPolicy;
  /** Default: objects are always asked. */
  readonly breaker?: Breaker;
}

const ATTEMPTS = 2;

/**
 * The sessions' Durable Objects as the authority.
 *
 * A call that throws, takes too long or meets an object of older code is `unavailable`. A call is repeated once, with a
 * fresh stub, when the platform calls the fault retryable and the object is not overloaded: reads change nothing that a
 * second one would not, and changes are applied once by their id.
 */
export function createObjectAuthority(objects: SessionObjects, options: ObjectAuthorityOptions = {}): Authority {
  const { deadlineMs = 3_000, copies = { replicate: "off", backup: "off", strictBackup: false }, breaker } = options;

  async function call<T>(id: string, ask: (object: SessionCalls) => Promise<T>) {
    const admitted = breaker?.admit();
    if (breaker && !admitted) return { kind: "unavailable" as const, cause: new BreakerOpenError(breaker.name) };
    try {
      const answer = await withinDeadline(attempt(id, ask, ATTEMPTS), deadlineMs);
      admitted?.answered();
      return answer;
    } catch (cause) {
      // An object that is overloaded, or throws, answers; it says nothing of the others.
      if (isOneObjects(cause)) admitted?.answered();
      else admitted?.failed();
      return { kind: "unavailable" as const, cause };
    }
  }

  async function attempt<T>(id: string, ask: (object: SessionCalls) => Promise<T>, left: number): Promise<T> {
    try {
      // A stub that has thrown stays broken, so each attempt has its own. The runtime must not repeat on top of this.
      const object = objects.getByName(id, { retry: { maxRetries: 0 } });
      return await ask(object as SessionCalls);
    } catch (fault) {
      if (left <= 1 || !isWorthRepeating(fault)) throw fault;
      return attempt(id, ask, left - 1);
    }
  }

  return {
    read: (ref, now) => call<Lookup>(ref.id, (object) => object.read({ ref, now, copies })),
    commit: (ref, change) => call<Committed>(ref.id, (object) => object.commit({ ref, change, copies })),
    takeOver: (id) => call<TakenOver>(id, (object) => object.takeOver({ id, copies })),
  };
}

/** What the platform tells of a fault: properties are true or absent. */
interface PlatformFault {
  readonly retryable?: boolean;
  readonly overloaded?: boolean;
  readonly remote?: boolean;
}

function isWorthRepeating(fault: unknown): boolean {
  const { retryable, overloaded } = (fault ?? {}) as PlatformFault;
  return retryable === true && overloaded !== true;
}

function isOneObjects(fault: unknown): boolean {
  const { remote, overloaded } = (fault ?? {}) as PlatformFault;
  return remote === true || overloaded === true;
}

import { withinDeadline } from "../lib/deadline.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import { type Breaker, BreakerOpenError } from "./breaker.ts";

/** The part of a namespace of objects that Moor uses. */
export interface ObjectNamespace {
  getByName(name: string, options: { retry: { maxRetries: number } }): unknown;
}

/** The deadline and the breaker for calls of objects. */
export interface ObjectCallsOptions {
  /** How long a call may take, all attempts together, in milliseconds. Default 3,000. */
  readonly deadlineMs?: number;
  /** Default: no breaker, so objects are always asked. */
  readonly breaker?: Breaker;
}

/** Calls a method of the object `name`. `deadlineMs`: the deadline of this call, instead of the usual deadline. */
export type CallObject<Methods> = <T>(
  name: string,
  ask: (object: Methods) => Promise<T>,
  deadlineMs?: number,
) => Promise<T | Unavailable>;

const ATTEMPTS = 2;
/** How long a call may take unless its caller sets another deadline. */
export const OBJECT_DEADLINE_MS = 3_000;

/**
 * Calls to the Durable Objects of a namespace.
 *
 * A call that throws, takes too long, or meets an object of older code is `unavailable`. It is repeated once, with a fresh stub,
 * when the platform calls the fault retryable and the object is not overloaded. So every method must be safe to run twice.
 */
export function createObjectCalls<Methods>(
  objects: ObjectNamespace,
  { deadlineMs: usualMs = OBJECT_DEADLINE_MS, breaker }: ObjectCallsOptions,
): CallObject<Methods> {
  async function attempt<T>(name: string, ask: (object: Methods) => Promise<T>, left: number): Promise<T> {
    try {
      // A stub that has thrown stays broken, so each attempt has its own stub. The runtime must not add retries of its own.
      const object = objects.getByName(name, { retry: { maxRetries: 0 } });
      return await ask(object as Methods);
    } catch (fault) {
      if (left <= 1 || !isWorthRepeating(fault)) throw fault;
      return attempt(name, ask, left - 1);
    }
  }

  return async (name, ask, deadlineMs = usualMs) => {
    const admitted = breaker?.admit();
    if (breaker && !admitted) return { kind: "unavailable" as const, cause: new BreakerOpenError(breaker.name) };
    try {
      const answer = await withinDeadline(attempt(name, ask, ATTEMPTS), deadlineMs);
      admitted?.answered();
      return answer;
    } catch (cause) {
      // An object that is overloaded or throws has answered. Its failure says nothing about other objects.
      if (isOneObjects(cause)) admitted?.answered();
      else admitted?.failed(cause);
      return { kind: "unavailable" as const, cause };
    }
  };
}

/** The properties of a fault that the platform sets. Each is true or absent. */
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

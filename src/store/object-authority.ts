import type { Change, Ref } from "../session/change.ts";
import type { Authority, Committed, Lookup } from "./contracts.ts";

/** The methods of `SessionObject`, as a stub offers them. */
interface SessionCalls {
  read(ask: { ref: Ref; now: number }): Promise<Lookup>;
  commit(ask: { ref: Ref; change: Change }): Promise<Committed>;
}

/** How the authority's objects are called. */
export interface ObjectAuthorityOptions {
  /** How long a call may take, all attempts together, in milliseconds. Default 3,000. */
  deadlineMs?: number;
}

const ATTEMPTS = 2;

/**
 * The sessions' Durable Objects as the authority.
 *
 * A call that throws, takes too long or meets an object of older code is `unavailable`. A call is repeated once, with a
 * fresh stub, when the platform calls the fault retryable and the object is not overloaded: reads change nothing that a
 * second one would not, and changes are applied once by their id.
 */
export function createObjectAuthority(
  objects: DurableObjectNamespace,
  { deadlineMs = 3_000 }: ObjectAuthorityOptions = {},
): Authority {
  async function call<T>(id: string, ask: (object: SessionCalls) => Promise<T>) {
    let timer: number | null = null;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${deadlineMs} ms`)), deadlineMs);
    });
    try {
      return await Promise.race([deadline, attempt(id, ask, ATTEMPTS)]);
    } catch (cause) {
      return { kind: "unavailable" as const, cause };
    } finally {
      clearTimeout(timer);
    }
  }

  async function attempt<T>(id: string, ask: (object: SessionCalls) => Promise<T>, left: number): Promise<T> {
    try {
      // A stub that has thrown stays broken, so each attempt has its own. The runtime must not repeat on top of this.
      const object: unknown = objects.getByName(id, { retry: { maxRetries: 0 } });
      return await ask(object as SessionCalls);
    } catch (fault) {
      if (left <= 1 || !isWorthRepeating(fault)) throw fault;
      return attempt(id, ask, left - 1);
    }
  }

  return {
    read: (ref, now) => call<Lookup>(ref.id, (object) => object.read({ ref, now })),
    commit: (ref, change) => call<Committed>(ref.id, (object) => object.commit({ ref, change })),
  };
}

function isWorthRepeating(fault: unknown): boolean {
  const { retryable, overloaded } = (fault ?? {}) as { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}

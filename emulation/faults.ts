/** The faults on the way to a store and back. */
export type LinkFault =
  /** The call fails at once; nothing has happened. */
  | { readonly kind: "down" }
  /** Takes so many milliseconds longer there and back. The work is done all the same, perhaps after its caller has left. */
  | { readonly kind: "slow"; readonly requestMs: number; readonly responseMs: number }
  /** The call never arrives. The caller sees the connection lost or, if the fault is `silent`, gets no reply at all. */
  | { readonly kind: "request-lost"; readonly silent: boolean }
  /** The work is done, and the caller sees the same. */
  | { readonly kind: "response-lost"; readonly silent: boolean };

/** The faults of KV. */
export type KvFault =
  | LinkFault
  /** More than a write per second. Reads go through. */
  | { readonly kind: "429" };

/** The faults of an object. */
export type ObjectFault =
  | LinkFault
  /** The call is refused; nothing has happened. */
  | { readonly kind: "overloaded" }
  /**
   * The instance is thrown away in the middle of the call, at its first `await`: the data that it has written stays.
   */
  | { readonly kind: "reset" };

/** The calls that a fault is for; default: calls from everywhere, and all operations. */
export interface FaultyCalls {
  /** A location. */
  readonly from?: string;
  /** A method's name. */
  readonly operation?: string;
}

/** The fault that a call meets: asked once for each call, when it is made. */
export type FaultOf<Fault> = (from: string, operation: string) => Fault | undefined;

/** The switches of a store's faults. */
export interface Faults<Fault> {
  /** Switches a fault on, or off with `undefined`, for exactly these calls. Of several on, a call meets the newest. */
  set(fault: Fault | undefined, calls?: FaultyCalls): void;
  /** Lets the next of these calls, and no other, meet a fault; before all that is switched on. */
  next(fault: Fault, calls?: FaultyCalls): void;
  /** Switches everything off. */
  clear(): void;
  readonly faultOf: FaultOf<Fault>;
}

interface Switched<Fault> {
  readonly fault: Fault;
  readonly calls: FaultyCalls;
}

/** All off. */
export function createFaults<Fault>(): Faults<Fault> {
  let on: readonly Switched<Fault>[] = [];
  let once: readonly Switched<Fault>[] = [];

  return {
    set(fault, calls = {}) {
      on = on.filter((other) => other.calls.from !== calls.from || other.calls.operation !== calls.operation);
      if (fault !== undefined) on = [{ fault, calls }, ...on];
    },
    next(fault, calls = {}) {
      once = [...once, { fault, calls }];
    },
    clear() {
      on = [];
      once = [];
    },
    faultOf(from, operation) {
      const isFor = ({ calls }: Switched<Fault>) =>
        (calls.from ?? from) === from && (calls.operation ?? operation) === operation;
      const used = once.find(isFor);
      if (!used) return on.find(isFor)?.fault;
      once = once.filter((other) => other !== used);
      return used.fault;
    },
  };
}

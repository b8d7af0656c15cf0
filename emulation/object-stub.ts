import type { Clock } from "./clock.ts";
import { received } from "./copy.ts";
import type { FaultOf, ObjectFault } from "./faults.ts";
import { carry } from "./link.ts";
import { platformErrors } from "./platform-errors.ts";

/** A stub of an object: its methods, called from afar. As on the platform, `name` and `id` are properties of the stub. */
export type ObjectStub<Instance> = { readonly name: string; readonly id: { readonly name: string } } & {
  readonly [Method in Exclude<keyof Instance, "name" | "id">]: Instance[Method] extends (
    ...args: infer Args
  ) => infer Answer
    ? (...args: Args) => Promise<Awaited<Answer>>
    : never;
};

/** How a location reaches an object. */
export interface ObjectLink {
  readonly clock: Clock;
  /** The location that calls. */
  readonly from: string;
  /** How long a request travels, and a response, in milliseconds; asked for each call. */
  readonly requestMs: () => number;
  readonly responseMs: () => number;
  readonly faultOf: FaultOf<ObjectFault>;
}

/** Calls a method of the object itself, and throws its instance away at once if it is to be reset. */
export type Invoke = (method: string, args: readonly unknown[], isReset: boolean) => Promise<unknown>;

/**
 * A stub whose calls cross a link. Arguments are copied when a call is made. After any error that was not thrown in the
 * object (`remote`), the stub stays broken and throws the error again: each attempt needs a stub of its own. The
 * runtime's own repeats are not modelled: calls are made as with `{ retry: { maxRetries: 0 } }`.
 */
export function createObjectStub(
  name: string,
  { clock, from, faultOf, ...travel }: ObjectLink,
  invoke: Invoke,
): object {
  let broken: { readonly fault: unknown } | undefined;

  async function call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (broken) throw broken.fault;
    const sent = received(args);
    const fault = faultOf(from, method);
    const isMetThere = fault?.kind === "reset" || fault?.kind === "overloaded";
    const work = async () => {
      if (fault?.kind === "overloaded") throw platformErrors.overloaded();
      return invoke(method, sent, fault?.kind === "reset");
    };
    try {
      return await carry(work, {
        clock,
        requestMs: travel.requestMs(),
        responseMs: travel.responseMs(),
        fault: isMetThere ? undefined : fault,
        errors: { down: platformErrors.connectionLost, lost: platformErrors.connectionLost },
      });
    } catch (fault) {
      if ((fault as { remote?: boolean } | undefined)?.remote !== true) broken = { fault };
      throw fault;
    }
  }

  return new Proxy(
    { name, id: { name } },
    {
      get(own, property) {
        // A stub that had a method `then` could not be awaited.
        if (typeof property === "symbol" || property === "then") return undefined;
        if (property in own) return Reflect.get(own, property);
        return (...args: readonly unknown[]) => call(property, args);
      },
    },
  );
}

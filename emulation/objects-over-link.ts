import type { FaultOf, ObjectFault } from "./faults.ts";
import { withNamedIds } from "./named-ids.ts";
import { createObjectStub, type ObjectLink } from "./object-stub.ts";

/** The part of a real namespace of Durable Objects that is used. */
interface Namespace {
  getByName(name: string, options?: object): object;
}

/** The faults on the way to a real object; from outside it cannot be reset. */
export type NamespaceFault = Exclude<ObjectFault, { kind: "reset" }>;

/** How a real namespace is reached. */
export interface NamespaceLink extends Omit<ObjectLink, "faultOf"> {
  /** The fault that a call meets; its operation is the method. */
  readonly faultOf: FaultOf<NamespaceFault>;
}

/** Real Durable Objects, moved far away and out of reach as the link's faults say: their methods alone, as stubs of them. */
export function objectsOverLink(objects: Namespace, link: NamespaceLink): Namespace {
  return withNamedIds({
    getByName(name: string, options?: object) {
      const stub = objects.getByName(name, options) as Record<
        string,
        (...args: readonly unknown[]) => Promise<unknown>
      >;
      return createObjectStub(name, link, (method, args) => stub[method]!(...args));
    },
  });
}

import type { FaultOf, ObjectFault } from "./faults.ts";
import { createObjectStub, type ObjectLink } from "./object-stub.ts";

/** What of a real namespace of Durable Objects is used. */
interface Namespace {
  getByName(name: string, options?: object): object;
}

/** What can be wrong with a real object on the way to it; from outside it cannot be reset. */
export type NamespaceFault = Exclude<ObjectFault, { kind: "reset" }>;

/** How a real namespace is reached. */
export interface NamespaceLink extends Omit<ObjectLink, "faultOf"> {
  /** What a call meets; its operation is the method. */
  readonly faultOf: FaultOf<NamespaceFault>;
}

/** Real Durable Objects, moved far away and out of reach as the link's faults say: their methods alone, as stubs of them. */
export function objectsOverLink(objects: Namespace, link: NamespaceLink): Namespace {
  return {
    getByName(name, options) {
      const stub = objects.getByName(name, options) as Record<
        string,
        (...args: readonly unknown[]) => Promise<unknown>
      >;
      return createObjectStub(name, link, (method, args) => stub[method]!(...args));
    },
  };
}

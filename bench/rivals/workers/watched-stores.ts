import { WorkerEntrypoint } from "cloudflare:workers";
import { withNamedIds } from "../../../emulation/named-ids.ts";
import { platformErrors } from "../../../emulation/platform-errors.ts";
import { workOf } from "../../../emulation/work-of.ts";

const counts: Record<string, number> = {};
let isCut = false;

/**
 * The benchmark's control of a Worker's stores. `GET` returns the calls made so far, by name. `PUT` with `cut` or
 * `whole` sets the fate of later calls.
 */
export class Link extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "PUT") isCut = (await request.text()) === "cut";
    return Response.json(counts);
  }
}

/** The objects of a namespace; calls to them are counted, and rejected while the stores are cut. */
export function watchedObjects<Namespace extends DurableObjectNamespace>(namespace: Namespace): Namespace {
  const getByName = (name: string, options?: DurableObjectNamespaceGetDurableObjectOptions) =>
    watched(namespace.getByName(name, options), "object");
  return withNamedIds({ getByName }) as unknown as Namespace;
}

/** A KV namespace; calls to it are counted, and rejected while the stores are cut. */
export function watchedKv(namespace: KVNamespace): KVNamespace {
  return watched(namespace, "KV");
}

type Calls = Record<string, (...args: unknown[]) => unknown>;

function watched<Store extends object>(store: Store, kind: string): Store {
  const call =
    (method: string) =>
    (...args: unknown[]) => {
      const name = `${kind} ${workOf(method)}`;
      counts[name] = (counts[name] ?? 0) + 1;
      return isCut ? Promise.reject(platformErrors.connectionLost()) : (store as Calls)[method]?.(...args);
    };
  return new Proxy(store, {
    get: (_, method) => (typeof method === "string" ? call(method) : Reflect.get(store, method)),
  });
}

/** The link from a Worker to the sessions' objects. Tests watch and cut it, and move the clock ahead. */
import { WorkerEntrypoint, waitUntil } from "cloudflare:workers";
import { realClock } from "../../emulation/clock.ts";
import { createFaults } from "../../emulation/faults.ts";
import { withNamedIds } from "../../emulation/named-ids.ts";
import { type NamespaceFault, objectsOverLink } from "../../emulation/objects-over-link.ts";
import { workOf } from "../../emulation/work-of.ts";
import { PoolObject } from "../../src/objects/pool/pool-object.ts";
import { machineNow, moveClock } from "./moved-clock.ts";

const faults = createFaults<NamespaceFault>();
const calls: string[] = [];
const done: string[] = [];
const atOnce = () => 0;

/**
 * The interface of the link for tests. `GET` returns the methods that were called, or at `/done` the methods whose calls have been answered. `PUT` sets the fault that calls meet
 * from now on. `POST` moves clocks ahead by milliseconds. `PATCH` rings the alarm of a pool if it is due.
 */
export class Link extends WorkerEntrypoint<{ POOL_OBJECT: DurableObjectNamespace<WatchedPoolObject> }> {
  override async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return Response.json(new URL(request.url).pathname === "/done" ? done : calls);
    if (request.method === "POST") {
      moveClock(Number(await request.text()));
      return new Response();
    }
    if (request.method === "PATCH") {
      await this.env.POOL_OBJECT.getByName(await request.text()).ringIfDue();
      return new Response();
    }
    const { fault, method } = (await request.json()) as { fault?: NamespaceFault; method?: string };
    faults.set(fault, method === undefined ? {} : { operation: method });
    return new Response();
  }
}

/** A pool's object whose alarm rings by the moved clock. The platform rings alarms by the machine's clock. */
export class WatchedPoolObject extends PoolObject {
  #rang = () => {};

  async ringIfDue(): Promise<void> {
    const at = await this.ctx.storage.getAlarm();
    if (at === null || at > Date.now()) return;
    const rang = new Promise<void>((resolve) => {
      this.#rang = resolve;
    });
    await this.ctx.storage.setAlarm(machineNow());
    await rang;
  }

  override async alarm(): Promise<void> {
    await super.alarm();
    this.#rang();
  }
}

/** The bindings of wrangler, with the link to the objects. */
export function overLink<
  Env extends { SESSION_OBJECT: DurableObjectNamespace; PRINCIPAL_OBJECT?: DurableObjectNamespace },
>(env: Env): Env {
  const faultOf = (from: string, name: string) => {
    const method = workOf(name);
    calls.push(method);
    return faults.faultOf(from, method);
  };
  const link = { clock: realClock, from: "edge", requestMs: atOnce, responseMs: atOnce, faultOf };
  const objects = objectsOverLink(env.SESSION_OBJECT, link) as DurableObjectNamespace;
  const { PRINCIPAL_OBJECT: principals } = env;
  // A principal's object meets faults only where a test names its method.
  const ofPrincipal = (from: string, method: string) =>
    method === "endAll" ? faults.faultOf(from, method) : undefined;
  return {
    ...env,
    SESSION_OBJECT: keptAlive(objects),
    ...(principals && { PRINCIPAL_OBJECT: objectsOverLink(principals, { ...link, faultOf: ofPrincipal }) }),
  };
}

/** The same objects. Calls of their methods go on to their end when their callers have given them up. */
function keptAlive(objects: DurableObjectNamespace): DurableObjectNamespace {
  const getByName = (...args: Parameters<DurableObjectNamespace["getByName"]>) => {
    const stub = objects.getByName(...args) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const call = (method: string, args: unknown[]) => {
      const called = stub[method]!(...args);
      waitUntil(called.then(() => done.push(workOf(method))).catch(() => {}));
      return called;
    };
    return new Proxy(stub, {
      get: (_, name: string) => {
        const property = stub[name];
        return typeof property === "function" ? (...args: unknown[]) => call(name, args) : property;
      },
    });
  };
  return withNamedIds({ getByName }) as unknown as DurableObjectNamespace;
}

import type { Clock } from "./clock.ts";
import type { FaultOf, ObjectFault } from "./faults.ts";
import { type CreateInstance, createObjectLife, type ObjectLife } from "./object-life.ts";
import { createObjectStub, type ObjectStub } from "./object-stub.ts";

/** A namespace as a single location sees it: the modelled part of Cloudflare's `DurableObjectNamespace`. */
export interface LocalObjects<Instance extends object> {
  /** A fresh stub. The location that asks first is the object's home. Options are accepted and change nothing. */
  getByName(name: string, options?: object): ObjectStub<Instance>;
}

/** A namespace of Durable Objects, each of which lives in a single place. */
export interface DistantObjects<Instance extends object> {
  /** As reached from a location. */
  from(location: string): LocalObjects<Instance>;
  /** Throws the instance of an object away, at any point of its work. The data that it has stored stays. */
  reset(name: string): void;
  resetAll(): void;
  /** Restores every object to its state of so many milliseconds ago. */
  setBack(ms: number): void;
}

/** The class of the objects, and the distances between places. */
export interface DistantObjectsOptions<Instance extends object> {
  readonly clock: Clock;
  /** How long a message travels between two locations, in milliseconds; asked for each message. */
  readonly latencyMs: (from: string, to: string) => number;
  readonly create: CreateInstance<Instance>;
  /** The fault that a call meets; its operation is the method. Default: no fault. */
  readonly faultOf?: FaultOf<ObjectFault>;
}

/**
 * Durable Objects with a home and latency. There is one instance per name at a time. It is made when it is needed, and
 * its storage and alarm outlive it. Each call arrives on an event of its own. Calls interleave only where the instance
 * awaits something other than its storage, as behind the platform's input gates.
 */
export function createDistantObjects<Instance extends object>({
  clock,
  latencyMs,
  create,
  faultOf = () => undefined,
}: DistantObjectsOptions<Instance>): DistantObjects<Instance> {
  const lives = new Map<string, ObjectLife>();

  function lifeOf(name: string, location: string): ObjectLife {
    const life = lives.get(name) ?? createObjectLife(name, location, { clock, create });
    lives.set(name, life);
    return life;
  }

  return {
    from: (location) => ({
      getByName(name) {
        const life = lifeOf(name, location);
        const link = {
          clock,
          from: location,
          requestMs: () => latencyMs(location, life.home),
          responseMs: () => latencyMs(life.home, location),
          faultOf,
        };
        return createObjectStub(name, link, (method, args, isReset) => {
          const answer = life.call(method, args);
          if (isReset) life.reset();
          return answer;
        }) as ObjectStub<Instance>;
      },
    }),
    reset: (name) => lives.get(name)?.reset(),
    resetAll() {
      for (const life of lives.values()) life.reset();
    },
    setBack(ms) {
      for (const life of lives.values()) life.setBack(clock.now() - ms);
    },
  };
}

import { realClock } from "../../emulation/clock.ts";
import { createDistantKv, type LocalKv } from "../../emulation/distant-kv.ts";
import { createFaults } from "../../emulation/faults.ts";
import { withNamedIds } from "../../emulation/named-ids.ts";
import { type NamespaceFault, objectsOverLink } from "../../emulation/objects-over-link.ts";
import { type Location, travelMs } from "./locations.ts";

/** The parts that this machine lacks: places far apart, and ways to the Durable Objects that can be cut. */
export interface World {
  /** The real objects, as a location reaches them. The location that first asks for an object becomes its home. */
  objectsFrom(location: Location, objects: DurableObjectNamespace): DurableObjectNamespace;
  /** KV as a location sees it. */
  replicasAt(location: Location): LocalKv;
  /** KV as each object sees it from where it lives. */
  readonly replicasOfObjects: LocalKv;
  /** Where the object of a session lives, if it has been asked for. */
  homeOf(sessionId: string): Location | undefined;
  /** Cuts the ways to all objects, or restores them. The objects themselves go on. */
  cut(isAway: boolean): void;
  /** Whether they are cut. */
  isCut(): boolean;
}

/**
 * Other locations see replicas after 10 s instead of the 60 s that KV promises, so that visitors of the demonstration
 * wait less.
 */
const VISIBLE_AFTER_MS = { here: 1_000, elsewhere: 10_000 };
const KV_MS = 5;

/** A world in which all is well. It belongs to one isolate, and lasts as long. */
export function createWorld(): World {
  const homes = new Map<string, Location>();
  const faults = createFaults<NamespaceFault>();
  const kv = createDistantKv({
    clock: realClock,
    random: Math.random,
    visibleAfterMs: VISIBLE_AFTER_MS,
    delayMs: () => KV_MS,
  });
  let isAway = false;

  /** The namespace in which the object writes that a replica's key, `s/<id>`, belongs to. */
  function fromHome(key: string): LocalKv {
    return kv.at(homes.get(key.slice(2))?.id ?? "");
  }

  return {
    objectsFrom(location, objects) {
      const reached = withNamedIds({
        getByName(name: string, options?: object) {
          const home = homes.get(name) ?? location;
          if (!isAway) homes.set(name, home);
          const oneWayMs = () => travelMs(location.id, home.id);
          const link = { clock: realClock, from: location.id, requestMs: oneWayMs, responseMs: oneWayMs };
          return objectsOverLink(objects, { ...link, faultOf: faults.faultOf }).getByName(name, options);
        },
      });
      return reached as unknown as DurableObjectNamespace;
    },
    replicasAt: ({ id }) => kv.at(id),
    replicasOfObjects: {
      get: (key, options) => fromHome(key).get(key, options),
      put: (key, value, options) => fromHome(key).put(key, value, options),
      delete: (key) => fromHome(key).delete(key),
    },
    homeOf: (sessionId) => homes.get(sessionId),
    cut(away) {
      isAway = away;
      faults.set(away ? { kind: "down" } : undefined);
    },
    isCut: () => isAway,
  };
}

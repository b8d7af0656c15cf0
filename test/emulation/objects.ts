import { createDistantObjects, type DistantObjectsOptions } from "../../emulation/distant-objects.ts";
import { createFaults, type ObjectFault } from "../../emulation/faults.ts";
import type { ObjectContext } from "../../emulation/object-life.ts";
import type { ObjectStorage } from "../../emulation/object-storage.ts";
import { virtualClock } from "./passing-time.ts";

/** How far Frankfurt and Sydney are apart, in milliseconds. */
export const FAR_MS = 150;
/** How long a message takes within a location, in milliseconds. */
export const NEAR_MS = 5;

/** Objects that `create` makes, a clock, and switches. */
export function objectWorld<Instance extends object>(
  create: DistantObjectsOptions<Instance>["create"],
  latencyMs: (from: string, to: string) => number = (from, to) => (from === to ? NEAR_MS : FAR_MS),
) {
  const clock = virtualClock();
  const faults = createFaults<ObjectFault>();
  const objects = createDistantObjects({ clock, latencyMs, create, faultOf: faults.faultOf });
  return { clock, faults, objects, fra: objects.from("fra"), syd: objects.from("syd") };
}

/** Counts, in memory and in storage. */
export class Counter {
  inMemory = 0;
  readonly storage: ObjectStorage;
  readonly context: ObjectContext;

  constructor(storage: ObjectStorage, context: ObjectContext) {
    this.storage = storage;
    this.context = context;
  }

  add(count: number): { inMemory: number; stored: number } {
    this.inMemory += count;
    const stored = (this.storage.kv.get<number>("count") ?? 0) + count;
    this.storage.kv.put("count", stored);
    return { inMemory: this.inMemory, stored };
  }

  home(): string {
    return this.context.home;
  }
}

export const createCounter = (_id: string, storage: ObjectStorage, context: ObjectContext) =>
  new Counter(storage, context);

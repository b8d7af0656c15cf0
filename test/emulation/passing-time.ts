import { createVirtualClock, type VirtualClock } from "../../emulation/clock.ts";
import { T0 } from "../support/time.ts";

/** A virtual clock that stands at the tests' time 0. */
export function virtualClock(): VirtualClock {
  return createVirtualClock({ start: T0, turn: () => new Promise((resolve) => setImmediate(resolve)) });
}

/** Lets `ms` milliseconds pass, and gives what has become of `work` by then. @throws "still under way" */
export async function outcomeAfter<T>(clock: VirtualClock, ms: number, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  await clock.run({ until: clock.now() + ms });
  return Promise.race([work, Promise.reject(new Error("still under way"))]);
}

/** What was thrown, with the properties that it has of its own. */
export async function faultOf(work: Promise<unknown>): Promise<{ type: string; message: string; own: object }> {
  const fault = await work.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (thrown: Error) => thrown,
  );
  return { type: fault.constructor.name, message: fault.message, own: { ...fault } };
}

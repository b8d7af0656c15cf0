import { createVirtualClock, type VirtualClock } from "../../emulation/clock.ts";
import { T0 } from "../support/time.ts";

/** A virtual clock that stands at the tests' time 0. */
export function virtualClock(): VirtualClock {
  return createVirtualClock({ start: T0, turn: () => new Promise((resolve) => setImmediate(resolve)) });
}

/** Lets `ms` milliseconds pass, and returns the result that `work` has by then. @throws "still under way" */
export async function outcomeAfter<T>(clock: VirtualClock, ms: number, work: Promise<T>): Promise<T> {
  work.catch(() => {});
  await clock.run({ until: clock.now() + ms });
  return Promise.race([work, Promise.reject(new Error("still under way"))]);
}

/** The error that was thrown, with its own properties. */
export async function faultOf(work: Promise<unknown>): Promise<{ type: string; message: string; own: object }> {
  const fault = await work.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (thrown: Error) => thrown,
  );
  return { type: fault.constructor.name, message: fault.message, own: { ...fault } };
}

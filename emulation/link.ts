import type { Clock } from "./clock.ts";
import type { LinkFault } from "./faults.ts";

/** The way of a call to a store and back. */
export interface Passage {
  readonly clock: Clock;
  /** How long the request travels. */
  readonly requestMs: number;
  /** How long the response travels, be it an answer or an error. */
  readonly responseMs: number;
  readonly fault: LinkFault | undefined;
  /** The errors that the caller gets when the store is down, and when the connection is lost. */
  readonly errors: { down(): unknown; lost(): unknown };
}

/**
 * The outcome of `work` as its caller sees it over a link. The work begins when the request arrives, on an event of its own,
 * and goes on whatever becomes of the response.
 */
export async function carry<T>(work: () => Promise<T>, { clock, fault, errors, ...travel }: Passage): Promise<T> {
  if (fault?.kind === "down") throw errors.down();
  const late = fault?.kind === "slow" ? fault : { requestMs: 0, responseMs: 0 };
  await clock.sleep(travel.requestMs + late.requestMs);
  if (fault?.kind === "request-lost") return lose(fault.silent, errors.lost);
  const tell = await settled(work);
  await clock.sleep(travel.responseMs + late.responseMs);
  return fault?.kind === "response-lost" ? lose(fault.silent, errors.lost) : tell();
}

async function settled<T>(work: () => Promise<T>): Promise<() => T> {
  try {
    const answer = await work();
    return () => answer;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function lose(isSilent: boolean, lost: () => unknown): Promise<never> {
  return isSilent ? new Promise(() => {}) : Promise.reject(lost());
}

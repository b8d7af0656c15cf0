import { withinDeadline } from "../../lib/deadline.ts";

/** How long an operator's page waits for a store, in milliseconds. After that the page says what it does not know. */
const WAIT_MS = 1_000;

/** An answer that came soon; else `unavailable`. */
export async function soon<T>(work: Promise<T>): Promise<T | { kind: "unavailable"; cause: unknown }> {
  try {
    return await withinDeadline(work, WAIT_MS);
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

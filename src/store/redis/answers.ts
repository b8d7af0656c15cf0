import { faultOf, RedisFault } from "./fault.ts";

/** What the work comes to, or `unavailable` when it meets a fault. Anything else that is thrown is a mistake of the code. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: RedisFault }> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof RedisFault) return { kind: "unavailable", cause };
    throw cause;
  }
}

/** What the SDK's command answers. */
export async function sent(command: Promise<unknown>): Promise<unknown> {
  try {
    return await command;
  } catch (thrown) {
    throw faultOf(thrown);
  }
}

/** For an answer that is none. */
export function unreadable(): never {
  throw new RedisFault("unreadable");
}

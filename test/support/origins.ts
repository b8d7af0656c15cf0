import { type MockInstance, vi } from "vitest";
import { platformErrors } from "../../emulation/platform-errors.ts";

/** The answer of an origin to a request: a lost connection, silence, or a response. */
export type Behaviour = "lost" | "silent" | ((request: Sent) => Response | Promise<Response>);

/** A request as `fetch` received it. */
export interface Sent extends RequestInit {
  readonly url: string;
}

/**
 * Replaces the network. Each origin answers by its list, and repeats the last entry. Lost connections throw the
 * platform's own error. Returns the requests that were sent, and the spy to restore.
 */
export function answerAs(origins: Record<string, Behaviour[]>): { sent: Sent[]; spy: MockInstance } {
  const sent: Sent[] = [];
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = { ...(init as RequestInit), url: String(input) };
    sent.push(request);
    const name = new URL(request.url).hostname.replace(/\.test$/, "");
    const behaviours = origins[name] ?? ["lost"];
    const behaviour = behaviours.length > 1 ? behaviours.shift() : behaviours[0];
    if (behaviour === "silent") return untilAborted(request.signal);
    if (typeof behaviour !== "function") throw platformErrors.connectionLost();
    return behaviour(request);
  });
  return { sent, spy };
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

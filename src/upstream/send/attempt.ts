import type { Loss } from "../health/loss-judge.ts";
import type { Origin } from "../pool.ts";
import type { Body } from "./body.ts";
import { type Fault, gatewayFault } from "./gateway-fault.ts";
import type { Retries } from "./retries.ts";

/** A request as it goes to whichever origin answers. */
export interface Outgoing {
  readonly method: string;
  /** Path and query, normalised: the same target that was routed is sent. */
  readonly target: string;
  /** The address that the client asked for. */
  readonly asked: Pick<URL, "hostname">;
  readonly headers: Headers;
  /** Signs the handoff in the headers anew if its life has begun to run out. Default: there is no handoff. */
  readonly handAnew?: (() => Promise<void>) | undefined;
  /**
   * The id of the origin that served the session last, if it is a different origin from the one at `index`. Default:
   * the question is not asked.
   */
  readonly movedFrom?: ((index: number) => string | undefined) | undefined;
  readonly body: Body;
  /** After which failures it is sent again. */
  readonly retries: Retries;
  /** Whether its losses say something of origins. Of an upgrade, or a body that streams, they may be its client's doing. */
  readonly isEvidence: boolean;
  readonly clientIp?: string | undefined;
  /** The id of its session. */
  readonly session: string;
  /** Whether the request has a session: without one its response may come from a cache or go into one. */
  readonly hasSession: boolean;
  /** Whether the runtime keeps its caches away. */
  readonly forbidsCaches: boolean;
  /** How long an attempt may take until the response's headers are there, if its body is no stream. */
  readonly deadlineMs: number;
  /** After what time without them it is sent to a second origin as well. Default: never. */
  readonly hedgeAfterMs?: number | undefined;
}

/** The result of a try. */
export type Attempt = (
  | { kind: "response"; response: Response /** Whether it is the hedge's. */; hedged?: boolean }
  | { kind: "invalid-status" | Fault }
) & {
  /** The second origin, if it was sent there as well. */
  hedge?: Origin;
  /** Of a hedged request: which copies were lost. */
  losses?: Loss[];
};

/**
 * Sends a request to an origin. Its answer, its loss or its deadline decides, whichever comes first.
 *
 * @param sentAt now, in milliseconds since 1970.
 * @param signal aborts the request. Default: the request cannot be aborted.
 */
export function send(
  outgoing: Outgoing,
  origin: Origin,
  sentAt: number,
  clock: () => number,
  signal: AbortSignal | null = null,
): Promise<Attempt> {
  const { body, deadlineMs } = outgoing;
  // One promise in place of an async function's and a deadline's: every request waits here.
  return new Promise((resolve) => {
    const reached = reach(outgoing, origin, signal);
    let isLate = false;
    const giveUp = () => {
      isLate = true;
      resolve({ kind: "timeout" });
    };
    const timer = body instanceof ReadableStream ? undefined : setTimeout(giveUp, deadlineMs);
    reached.then(
      (response) => {
        if (timer !== undefined) clearTimeout(timer);
        // An AbortSignal would end the request's connection at the deadline, not with the request. It would also cost requests that are
        // in time a twentieth of their CPU.
        if (isLate) discard(response);
        else resolve(judged(response, sentAt, clock));
      },
      // A refused connection, a reset and cut headers all read "Network connection lost.": they cannot be told apart.
      () => {
        if (timer !== undefined) clearTimeout(timer);
        resolve({ kind: "lost" });
      },
    );
  });
}

function reach(outgoing: Outgoing, origin: Origin, signal: AbortSignal | null): Promise<Response> {
  const from = outgoing.movedFrom?.(origin.index);
  const init: RequestInit = {
    method: outgoing.method,
    headers: from === undefined ? outgoing.headers : movedHeaders(outgoing.headers, from),
    body: outgoing.body,
    redirect: "manual",
    signal,
  };
  if (outgoing.forbidsCaches) init.cache = "no-store";
  try {
    return origin.reach(outgoing.target, init, outgoing.asked);
  } catch (fault) {
    return Promise.reject(fault);
  }
}

/** The result that a response tells of. */
function judged(response: Response, sentAt: number, clock: () => number): Attempt {
  // Most answers need no second look: their status is valid, and none that Cloudflare gives in place of an origin.
  const { status } = response;
  if (status >= 200 && status < 520) return { kind: "response", response };
  const fault = gatewayFault(response, clock() - sentAt);
  if (!fault && isValid(response)) return { kind: "response", response };
  discard(response);
  return { kind: fault ?? "invalid-status" };
}

function discard({ body }: Response): void {
  body?.cancel().catch(() => {});
}

/** If another origin has served the session since, the origin's older copy of the session may be out of date. */
function movedHeaders(headers: Headers, from: string): Headers {
  const moved = new Headers(headers);
  moved.set("Moor-Moved", from);
  return moved;
}

/**
 * Whether a response's status is valid (RFC 9110 section 15): a Worker cannot make a response with any other status.
 * Only WebSockets switch protocols.
 */
function isValid(response: Response): boolean {
  const { status, webSocket } = response as { status: number; webSocket?: unknown };
  return status <= 599 && (status !== 101 || Boolean(webSocket));
}

import type { ResolvedRoute } from "../config/resolved.ts";
import type { FailureCode } from "../errors.ts";
import type { AskedParts } from "../lib/asked.ts";
import type { StoreCalls } from "../store/counted.ts";
import type { Taken } from "../store/locking.ts";
import type { Loss } from "../store/loss.ts";
import type { Opened } from "../store/open-session.ts";
import type { Chosen } from "../upstream/choose/chosen.ts";

/**
 * The facts of a request. `observer.ts` fills them in along the request's way; `explain.ts`, `request-line.ts`, `data-point.ts` and
 * `counters.ts` render them. They never show a value of the session, nor more of its id than {@link SHOWN_CHARACTERS}.
 */
export interface RequestFacts {
  readonly request: AskedParts;
  /** Milliseconds since 1970. */
  readonly arrivedAt: number;
  /** See {@link requestIdOf}. */
  requestId: string | undefined;
  /** Whom the response tells how the request was decided: nobody, everybody, or the one client that has asked. */
  explains: "no" | "all" | "debug";
  /** `undefined`: they are not counted. */
  calls: StoreCalls | undefined;
  /** Whether it asks for something of Moor's own, below `/.moor/`: its path may name a session. */
  isOwn: boolean;
  /** The normalised path; "" if it is not known, or is Moor's own. */
  path: string;
  /** The id of the trace that origins are told of: 32 hexadecimal digits. `undefined`: it has none, or nobody wants to know. */
  traceId: string | undefined;
  /** `undefined`: none was looked for, or none matched. */
  route: ResolvedRoute | undefined;
  pool: string | undefined;
  sessionId: string | undefined;
  /** Whether the log has been told that what the client sent as a token counts as none. */
  isRefusalTold: boolean;
  /** If it has waited for its session. */
  turn: Taken | undefined;
  opened: Opened | undefined;
  /** When it was; milliseconds since 1970. */
  openedAt: number;
  /** The origin that answered, and why it was chosen. */
  origin: string | undefined;
  chosen: Chosen | undefined;
  /** Milliseconds from sending the request to that origin until the headers of its response. */
  originMs: number;
  /** How often the request was sent. */
  attempts: number;
  /** Whether it was also sent to a second origin, because the first was slow. That is one of `attempts`. */
  hedge: boolean;
  /** `budget`: it would have been sent again, but the pool's retry budget was spent. */
  retry: "budget" | undefined;
  /** Whether the health of origins was ignored. */
  panic: boolean;
  /** The store that took the change, or the touch. */
  written: string | undefined;
  /** The loss of data at a store that the client's token has proved. */
  loss: Loss | undefined;
  /** The step of a login at the edge: `begun`, `done`, or the code of its failure. */
  login: string | undefined;
  /** The failure that Moor itself answered with. */
  code: FailureCode | undefined;
  /** Whether that was for no mistake of the client's. */
  failed: boolean;
}

/** How much of a session's id may be shown. */
export const SHOWN_CHARACTERS = 8;

/** The facts of a request of which nothing is known yet. */
export const NOTHING_KNOWN: Omit<RequestFacts, "request" | "arrivedAt"> = {
  requestId: undefined,
  explains: "no",
  calls: undefined,
  isOwn: false,
  path: "",
  traceId: undefined,
  route: undefined,
  pool: undefined,
  sessionId: undefined,
  isRefusalTold: false,
  turn: undefined,
  opened: undefined,
  openedAt: 0,
  origin: undefined,
  chosen: undefined,
  originMs: 0,
  attempts: 0,
  hedge: false,
  retry: undefined,
  panic: false,
  written: undefined,
  loss: undefined,
  login: undefined,
  code: undefined,
  failed: false,
};

const RAY = /^[0-9a-f]{16}(-[A-Z]{3})?$/;

/** The id of a request in the log, and in Moor's own answers: its `CF-Ray`, else a random UUID. */
export function requestIdOf(facts: RequestFacts): string {
  if (facts.requestId !== undefined) return facts.requestId;
  const ray = facts.request.headers.get("CF-Ray");
  facts.requestId = ray !== null && RAY.test(ray) ? ray : crypto.randomUUID();
  return facts.requestId;
}

/** Where a session came from; "": none was looked for. */
export function sourceOf({ opened }: RequestFacts): string {
  if (!opened) return "";
  return opened.kind === "session" ? opened.source : "unavailable";
}

/** The version of the session that the request was shown; 0: it is stored nowhere. */
export function versionOf({ opened }: RequestFacts): number {
  return opened?.kind === "session" ? (opened.session.view?.version ?? 0) : 0;
}

/** As much of the session's id as may be shown. */
export function sessionOf({ sessionId }: RequestFacts): string | undefined {
  return sessionId?.slice(0, SHOWN_CHARACTERS);
}

/** The route as its configuration has it: methods, host and path. "": none. */
export function routeOf({ route, isOwn }: RequestFacts): string {
  if (!route) return isOwn ? "/.moor/*" : "";
  const { methods, host = "", path } = route;
  return `${methods ? `${methods.join(",")} ` : ""}${host}${path}`;
}

/** The store calls of a request: `object:1,kv:1`; "": none, or they were not counted. */
export function callsOf({ calls }: RequestFacts): string {
  const made = Object.entries(calls ?? {}).filter(([, count]) => count > 0);
  return made.map(([store, count]) => `${store}:${count}`).join(",");
}

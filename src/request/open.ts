import type { ResolvedRoute } from "../config/resolved.ts";
import type { Arrival } from "../inbound/arrival.ts";
import type { OpenedToken } from "../inbound/token/tokens.ts";
import { routeTimeoutPassed } from "../session/deadlines.ts";
import { type Opened, openSession } from "../store/open-session.ts";
import { type CommitParts, endOverdue, takeFlash } from "./commit.ts";

/** A request whose session is to be opened. */
export interface Opening {
  readonly request: Request;
  readonly route: Pick<ResolvedRoute, "session" | "touch" | "freshness" | "onStale">;
  readonly token: OpenedToken | undefined;
  readonly arrival: Arrival;
  /** Whether it has its turn among the requests of its session. */
  readonly locked: boolean;
}

/** Opens the session of a request as its route wants it: within the route's own timeouts, and with the flash. */
export async function openForRoute(
  { request, route, token, arrival, locked }: Opening,
  parts: CommitParts,
): Promise<Opened> {
  const options = { ...parts, strict: locked || route.freshness === "strict", locked, onStale: route.onStale };
  const opened = await openSession(token, arrival, options);
  if (opened.kind !== "session") return opened;
  const { session, ref, found } = opened;
  const { view } = session;
  if (view && found && typeof route.session === "object") {
    const touchedAt = Math.max(view.touchedAt, session.token.touchedAt);
    const passed = routeTimeoutPassed(view, touchedAt, route.session, arrival.arrivedAt, parts.policy);
    if (passed) {
      const ended = await endOverdue(passed, ref, parts);
      if (ended.kind === "unavailable")
        return { ...ended, ref, found, marks: "marks" in ended && ended.marks === true };
      // Who has been told that it is over must not be shown it again by a copy elsewhere.
      return { ...(await openSession(undefined, arrival, options)), marks: true };
    }
  }
  if (!view?.flash || !route.touch || !isForSomebody(request)) return opened;
  return { ...opened, session: await takeFlash(session, ref, parts) };
}

/** What fetch metadata says of requests whose answer a person may see, or a script on his behalf. */
const DESTINATIONS = new Set(["document", "empty", "iframe"]);

/** Whether the answer is for somebody to see now: not a part of a page, and not fetched ahead. */
function isForSomebody({ method, headers }: Request): boolean {
  const isAhead = /\bprefetch\b/.test(`${headers.get("Sec-Purpose")} ${headers.get("Purpose")}`);
  return method === "GET" && !isAhead && DESTINATIONS.has(headers.get("Sec-Fetch-Dest") ?? "document");
}

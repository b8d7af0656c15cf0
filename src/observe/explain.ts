import { cachingHeaders } from "../lib/caching-headers.ts";
import type { Breaker } from "../store/breaker.ts";
import type { OpenedSession } from "../store/open-session.ts";
import { callsOf, type RequestFacts, routeOf } from "./request-facts.ts";

/**
 * What is known of a request so far, in fields that docs/guide/origin.md lists: neither attributes nor ids.
 *
 * @param breakers those of the stores; they are told as they are now.
 * @param replaced the headers of the origin, if Moor replaces the headers about caching. Default: it replaces no header.
 */
export function explain(facts: RequestFacts, breakers: readonly Breaker[], replaced?: Headers): string {
  const { opened, arrivedAt, openedAt, turn, origin, attempts, chosen, written } = facts;
  const passed = opened?.found?.passed ?? [];
  const broken = breakers.filter((breaker) => breaker.state() !== "closed");
  const uncached = replaced ? cachingHeaders(replaced) : [];
  const calls = callsOf(facts);
  return [
    ...(opened?.kind === "session" ? shownFields(opened, arrivedAt) : []),
    opened?.kind === "unavailable" && "session=unavailable",
    opened?.ref.markedAt !== undefined && "marked",
    opened?.ref.away && "away",
    passed.length > 0 && `passed=${passed.map(({ source, why }) => `${source}:${why}`).join(",")}`,
    ...(opened ? broken.map((breaker) => `${breaker.name}=${breaker.state()}`) : []),
    turn && `lock=${turn.kind === "turn" ? (turn.lease ? "held" : "none") : turn.kind}`,
    turn && "waitedMs" in turn && `waited=${turn.waitedMs}ms`,
    turn && "waiting" in turn && `waiting=${turn.waiting}`,
    opened && `took=${openedAt - arrivedAt}ms`,
    facts.route && `route=${plain(routeOf(facts))}`,
    origin !== undefined && `origin=${origin}`,
    attempts > 0 && `attempts=${attempts}`,
    facts.retry && `retry=${facts.retry}`,
    facts.panic && "panic",
    chosen && `chosen=${chosen}`,
    written && `written=${written}`,
    uncached.length > 0 && `uncached=${uncached.join(",")}`,
    calls !== "" && `calls=${calls}`,
  ]
    .filter(Boolean)
    .join("; ");
}

/** Tells it to the client. */
export function writeExplain(headers: Headers, text: string): void {
  headers.append("Server-Timing", `moor;desc="${text}"`);
}

/** A text without what would end a field, or the quoted string that they are in. */
function plain(text: string): string {
  return text.replace(/["\\;=]/g, (character) => encodeURIComponent(character));
}

function shownFields({ session, source, found }: OpenedSession, arrivedAt: number): string[] {
  const copy = found && ("copy" in found ? found.copy : "before" in found ? found.before : undefined);
  const vouchedAt = copy?.vouchedAt ?? 0;
  // What the authority vouches for while the request is under way is no older than that; 0: it has not vouched for it.
  const age = vouchedAt > 0 ? [`age=${Math.max(0, Math.floor((arrivedAt - vouchedAt) / 1000))}s`] : [];
  return [
    `session=${source}`,
    `version=${session.view?.version ?? 0}`,
    ...age,
    ...(session.stale ? ["stale"] : []),
    ...(session.journaled ? ["journaled"] : []),
  ];
}

import type { ResolvedCors } from "../config/resolved.ts";
import type { SiteData } from "../config/site-types.ts";
import { type FailureCode, failureResponse } from "../errors.ts";
import type { Arrival } from "../inbound/arrival.ts";
import type { Client } from "../inbound/carriers.ts";
import { allowOrigin, preflight } from "../inbound/cors.ts";
import type { AskedParts } from "../lib/asked.ts";
import { clearSiteData } from "../lib/clear-site-data.ts";
import { describeFault, type Log } from "../log.ts";
import { NO_INTENT } from "../session/session.ts";
import { openSession } from "../store/open-session.ts";
import { type Commit, commit } from "./commit.ts";
import { give, markFor, type TokenOptions, type TokenWrite, tokenFor } from "./respond.ts";
import type { Stores } from "./stores.ts";

/** Where a client ends its own session. */
export const LOGOUT_PATH = "/.moor/logout";

/** What a client is told of a session that was not ended; of any other outcome that its stores cannot be reached. */
const CODE_OF: Partial<Record<Commit["kind"], "session_ended" | "too_many_new_sessions">> = {
  ended: "session_ended",
  "founding-limited": "too_many_new_sessions",
};

/** A post to {@link LOGOUT_PATH}. */
export interface Logout {
  readonly request: AskedParts;
  readonly url: URL;
  readonly client: Client;
  readonly arrival: Arrival;
  /** Takes the ids of sessions whose mark the response must set. */
  readonly toMark: Set<string>;
  /** Whether browsers keep the cookie back from posts of other sites (`SameSite`). */
  readonly sameSite: boolean;
  readonly cors: ResolvedCors | undefined;
  readonly clearSiteData: readonly SiteData[];
  readonly ended: TokenOptions["ended"];
}

/** Answers a request to {@link LOGOUT_PATH}, also from the script of another origin that `cors` allows. */
export async function logOut(logout: Logout, parts: Stores, log: Log): Promise<Response> {
  const { request, cors } = logout;
  return preflight(request, cors) ?? allowOrigin(await endSession(logout, parts, log), request, cors);
}

/**
 * Ends the session of who asks: 204, or 303 to a path of this site that the query names (`?to=/bye`). It is safe to repeat.
 *
 * A post of another site is refused before anything is read: by `Sec-Fetch-Site`, else by `Origin`. Where a client sends
 * neither, it is no browser of today: then only a cookie that other sites' posts may bring is refused.
 */
async function endSession(logout: Logout, parts: Stores, log: Log): Promise<Response> {
  const { request, url, client, arrival, toMark } = logout;
  const fail = (code: FailureCode) => failureResponse(code, request);
  const refuse = (code: FailureCode) => {
    log({ event: "request_refused", reason: `logout: ${code}` });
    return fail(code);
  };
  if (request.method !== "POST") return withAllow(refuse("method_not_allowed"));
  if (!isOwnPost(logout)) return refuse("cross_site");
  const location = locationOf(url);
  if (location === "elsewhere") return refuse("bad_request");

  const response = location
    ? new Response(null, { status: 303, headers: { Location: location } })
    : new Response(null, { status: 204 });
  response.headers.set("Cache-Control", "no-store");
  clearSiteData(response, logout.clearSiteData);
  // What brought no token that opens is not told to forget one: another tab may have been given it meanwhile.
  if (!client.token) return response;
  const opened = await openSession({ token: client.token, arrival, strict: true, onStale: "serve", toMark }, parts);
  if (opened.kind === "unavailable") {
    log({ event: "session_unavailable", reason: describeFault(opened.cause) });
    return fail("session_unavailable");
  }
  const { session } = opened;
  const giveTo = async ({ headers }: Response, token: TokenWrite) =>
    give(headers, client, token, await markFor({ kind: "clear" }, client, toMark, parts), parts.cookies?.());
  if (!session.returning) {
    await giveTo(response, { kind: "clear" });
    return response;
  }
  // Where nothing is stored yet the end is: a first change may be under way, and its response must bring nothing back.
  const committed = await commit(opened, { ...NO_INTENT, end: true }, { request, toMark }, parts);
  if (committed.kind === "done") {
    const token = await tokenFor(committed, { mayGiveFresh: false, withProof: false, ended: logout.ended }, parts);
    await giveTo(response, token);
    return response;
  }
  // No store was asked about a token that has seen no version until now: nothing is shown to it any more.
  if (committed.kind === "ended" && session.view === undefined) {
    await giveTo(response, { kind: "clear" });
    return response;
  }
  const code = CODE_OF[committed.kind] ?? "session_unavailable";
  log({ event: code, session: session.token.id.slice(0, 8) });
  const failure = fail(code);
  await giveTo(failure, { kind: "none" });
  return failure;
}

function isOwnPost({ request: { headers }, url, client, sameSite, cors }: Logout): boolean {
  const site = headers.get("Sec-Fetch-Site");
  const origin = headers.get("Origin");
  const isAllowed = origin !== null && cors?.origins.includes(origin);
  // A cookie goes along without a preflight, so its origin must be one that may send cookies.
  if (isAllowed && (cors?.credentials || !client.carrier.apart)) return true;
  if (site !== null) return site === "same-origin";
  if (origin !== null) return origin === url.origin;
  return !client.carrier.apart || sameSite;
}

/** The path to go to afterwards, if one is asked for; a browser must not read another site from it. */
function locationOf(url: URL): string | undefined | "elsewhere" {
  const to = url.searchParams.get("to");
  if (to === null) return undefined;
  if (!to.startsWith("/") || !URL.canParse(to, url.href)) return "elsewhere";
  const target = new URL(to, url);
  // The normalised path of `/.//evil.test` begins with two slashes, which a browser reads as a host.
  if (target.origin !== url.origin || target.pathname.startsWith("//")) return "elsewhere";
  return target.pathname + target.search + target.hash;
}

function withAllow(response: Response): Response {
  response.headers.set("Allow", "POST");
  return response;
}

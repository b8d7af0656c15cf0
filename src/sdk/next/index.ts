import { cookies, headers } from "next/headers";
import { CHANGE_COOKIE, openChanges } from "../origin/change-cookie.ts";
import { createOrigin, type Origin } from "../origin/origin.ts";
import type { OriginSession } from "../origin/session.ts";
import { replay } from "./replay.ts";
import { NextSession, type RequestSession } from "./session.ts";

export { MoorOriginError, type MoorOriginErrorCode } from "../origin/errors.ts";
export type { JsonObject, JsonValue } from "../origin/json.ts";
export type { LoginView } from "../origin/login-view.ts";
export type { OriginSession } from "../origin/session.ts";
export type { SessionView } from "../origin/session-view.ts";
export type { NextSession } from "./session.ts";

/** `headers()` gives all code of a request the same object. */
const sessions = new WeakMap<object, Promise<RequestSession>>();

let origin: Origin | undefined;

/**
 * The session of the request that a Server Component, a Server Action or a route handler answers. All of them have the same
 * session in a request, with the changes that were made before in the request. The environment's `MOOR_ISSUER`, `MOOR_AUDIENCE`
 * and `MOOR_URL` say where Moor is.
 *
 * A request without a handoff has an empty session that cannot be stored: it did not come through Moor, or its route carries no
 * session.
 *
 * @throws MoorOriginError `handoff-…`, `keys-unavailable`, and the errors of the session API if that is asked.
 */
export async function session(): Promise<NextSession> {
  const request = await headers();
  let opened = sessions.get(request);
  if (!opened) {
    opened = open(request);
    sessions.set(request, opened);
  }
  return new NextSession(await opened, async ({ name, value }) => {
    const jar = await cookies();
    // Moor takes the cookie off the response. A browser that was not answered through Moor forgets it at once.
    jar.set(name, value, { path: "/", httpOnly: true, maxAge: 0 });
  });
}

/**
 * The session of a request in `proxy.ts`, to read it, or to change it by `session.apply(response)`. The pages behind the proxy see such
 * a change in the visitor's next request.
 *
 * @throws MoorOriginError as {@link session}, and `handoff-missing`.
 */
export async function sessionOf(request: { readonly headers: Headers }): Promise<OriginSession> {
  return moor().session(request);
}

async function open(request: Headers): Promise<RequestSession> {
  const handoff = request.get("moor-session");
  if (handoff === null) return { isStorable: false };
  const session = await moor().session(request);
  // Next.js renders the target of a redirect in a request of its own, which has the handoff and the new cookies of the action.
  const pending = (await cookies()).get(CHANGE_COOKIE)?.value;
  const changes = pending === undefined ? undefined : await openChanges(pending, handoff);
  if (changes) replay(session, changes);
  return { isStorable: true, session };
}

function moor(): Origin {
  const { MOOR_ISSUER: issuer = "", MOOR_AUDIENCE: audience = "", MOOR_URL: moorUrl } = process.env;
  origin ??= createOrigin({ issuer, audience, ...(moorUrl !== undefined && { moorUrl }) });
  return origin;
}

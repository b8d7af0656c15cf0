import type { ResolvedPool } from "../../config/resolved.ts";
import { changeNow, type Ref } from "../../session/change.ts";
import { isTouchDue } from "../../session/deadlines.ts";
import { type JsonObject, parsePatch } from "../../session/patch.ts";
import type { View } from "../../session/record.ts";
import type { Committed, Lookup } from "../../store/contracts.ts";
import { visible } from "../../upstream/wire/handoff.ts";
import { isWritable } from "../../upstream/wire/origin-headers.ts";
import type { Api } from "../api.ts";
import { NO_STORE, problem } from "../problem.ts";
import { authorised, type Bearer, type SessionApiParts } from "./bearer.ts";

const PATH = "/.moor/session";

/**
 * The session API for origins: read, patch, and end the session of a request, or renew its handoff. The request's handoff authorises it.
 * Browsers are refused, and there is no CORS: the API is for servers.
 */
export function createSessionApi(parts: SessionApiParts): Api {
  const { authority, clock, config } = parts;
  const writer = { clock, policy: config.session };

  async function read({ ref, pool }: Bearer): Promise<Response> {
    return answer(await authority.read(ref, clock()), pool);
  }

  async function patch(request: Request, { ref, pool }: Bearer): Promise<Response> {
    if (!pool.session.may.includes("patch")) return problem(403, "forbidden", "This pool may not patch sessions.");
    const text = await request.text();
    if (text.length > config.session.maxAttributeBytes) return problem(413, "too_large", "The patch is too large.");
    let parsed: JsonObject;
    try {
      parsed = parsePatch(text);
    } catch (error) {
      return problem(400, "bad_patch", `The merge patch is ${(error as TypeError).message}.`);
    }
    if (!isWritable([parsed], pool.session.write)) {
      return problem(403, "forbidden", "This pool may not write such an attribute.");
    }
    const ifVersion = readIfMatch(request.headers.get("If-Match"));
    if (ifVersion === "malformed") return problem(400, "bad_if_match", 'If-Match takes one version, as in "6".');
    const asked = ifVersion === undefined ? {} : { ifVersion };
    const change = changeNow({ patches: [parsed], ...asked }, writer);
    return answer(await authority.commit(unattended(ref), change), pool);
  }

  async function end({ ref, pool }: Bearer): Promise<Response> {
    if (!pool.session.may.includes("end")) return problem(403, "forbidden", "This pool may not end sessions.");
    const committed = await authority.commit(unattended(ref), changeNow({ end: true }, writer));
    return committed.kind === "committed" || committed.kind === "ended"
      ? new Response(null, { status: 204, headers: NO_STORE })
      : answer(committed, pool);
  }

  /** Counts as a use of the session, so a socket that renews its handoff keeps the session from its idle timeout. */
  async function renew({ ref, pool, claims }: Bearer): Promise<Response> {
    const now = clock();
    const found = await authority.read(ref, now);
    const isUsed = found.kind === "hit" && isTouchDue(found.copy, now, config.session);
    const result = isUsed ? await authority.commit(ref, changeNow({ touch: true }, writer)) : found;
    const response = answer(result, pool);
    const view = copyFor(result);
    if (!response.ok || !view) return response;
    const session = { view, stale: false, journaled: false, flash: undefined };
    response.headers.set("Moor-Session", await parts.handoff.sign(session, { ...claims, pool }, now));
    return response;
  }

  return (request, { pathname }, log) => {
    if (pathname !== PATH) return undefined;
    switch (request.method) {
      case "HEAD":
      case "GET":
        return authorised(request, log, parts, read);
      case "PATCH":
        return authorised(request, log, parts, (bearer) => patch(request, bearer));
      case "POST":
        return authorised(request, log, parts, renew);
      case "DELETE":
        return authorised(request, log, parts, end);
    }
    return undefined;
  };
}

function answer(result: Lookup | Committed, pool: ResolvedPool): Response {
  switch (result.kind) {
    case "hit":
    case "committed":
      return shown(result.copy, pool);
    case "conflict":
      return problem(412, "conflict", "The session has another version.", { version: result.current?.version });
    case "superseded":
      return "before" in result && result.before
        ? shown(result.before, pool)
        : problem(410, "superseded", "The session has a newer generation.");
    case "miss":
    case "ended":
      return problem(410, "ended", "The session has ended.");
    case "refused":
      if (result.reason === "rotated") return problem(410, "superseded", "The session has a newer generation.");
      return result.reason === "too-large"
        ? problem(413, "too_large", "The attributes would be too large.")
        : problem(503, "session_unavailable", "The change took too long.");
    case "unavailable":
      return problem(503, "session_unavailable", "Sessions cannot be reached just now.");
  }
}

/** The copy that an answer lets the request see, if there is one. */
function copyFor(result: Lookup | Committed): View | undefined {
  if (result.kind === "hit" || result.kind === "committed") return result.copy;
  return "before" in result ? result.before : undefined;
}

function shown(view: View, pool: ResolvedPool): Response {
  const { id, version, generation, principal, loggedInAt, bornAt, idleDeadline, absoluteDeadline } = view;
  const attributes = visible(view.attributes, pool);
  const body = { id, generation, version, principal, attributes, bornAt, idleDeadline, absoluteDeadline, loggedInAt };
  return Response.json(body, { headers: { ...NO_STORE, ETag: `"${version}"` } });
}

/**
 * The reference for a change that comes without the visitor, and so without their mark. It is treated as if the journal had just
 * taken a change of the visitor. Otherwise the visitor's earlier change in the journal would overwrite this change.
 */
function unattended(ref: Ref): Ref {
  return { ...ref, markedAt: ref.arrivedAt };
}

function readIfMatch(header: string | null): number | undefined | "malformed" {
  if (header === null) return undefined;
  const version = /^"([1-9][0-9]{0,9})"$/.exec(header)?.[1];
  return version === undefined ? "malformed" : Number(version);
}

import { type Context, Hono } from "hono";
import type { ResolvedConfig, ResolvedPool } from "../config/types.ts";
import { encodeBase64url } from "../inbound/base64url.ts";
import { CHANGE_LIFE_SECONDS, type Change, type Ref } from "../session/change.ts";
import { type JsonObject, parsePatch } from "../session/patch.ts";
import type { View } from "../session/record.ts";
import type { Authority, Committed, Lookup } from "../store/contracts.ts";
import { type Handoff, type HandoffClaims, visible } from "../upstream/handoff.ts";

/** What the session API needs. */
export interface SessionApiParts {
  readonly config: ResolvedConfig;
  readonly authority: Authority;
  readonly handoff: Handoff;
  readonly clock: () => number;
}

/** What a request to the API may do, by the handoff that it brings. */
interface Bearer {
  readonly ref: Ref;
  readonly pool: ResolvedPool;
}

type Status = 400 | 401 | 403 | 409 | 410 | 412 | 413 | 503;

/**
 * The session API for origins: read, patch and end the session of a request, authorised by that request's handoff.
 * Browsers are refused, and there is no CORS: the API is for servers.
 */
export function createSessionApi(parts: SessionApiParts): Hono {
  const { authority, clock, config } = parts;
  const api = new Hono();

  api.get("/", (c) =>
    authorised(c, parts, async ({ ref, pool }) => answer(c, await authority.read(ref, clock()), pool)),
  );

  api.patch("/", (c) =>
    authorised(c, parts, async ({ ref, pool }) => {
      if (!pool.session.may.includes("patch")) return problem(c, 403, "forbidden", "This pool may not patch sessions.");
      const text = await c.req.text();
      if (text.length > config.session.maxAttributeBytes)
        return problem(c, 413, "too_large", "The patch is too large.");
      let patch: JsonObject;
      try {
        patch = parsePatch(text);
      } catch (error) {
        return problem(c, 400, "bad_patch", `The merge patch is ${(error as TypeError).message}.`);
      }
      const ifVersion = readIfMatch(c.req.header("If-Match"));
      if (ifVersion === "malformed") return problem(c, 400, "bad_if_match", 'If-Match takes one version, as in "6".');
      const asked = ifVersion === undefined ? {} : { ifVersion };
      const change = changeOf({ patches: [patch], ...asked }, parts);
      return answer(c, await authority.commit(unattended(ref), change), pool);
    }),
  );

  api.delete("/", (c) =>
    authorised(c, parts, async ({ ref, pool }) => {
      if (!pool.session.may.includes("end")) return problem(c, 403, "forbidden", "This pool may not end sessions.");
      const committed = await authority.commit(unattended(ref), changeOf({ end: true }, parts));
      return committed.kind === "committed" || committed.kind === "ended"
        ? c.body(null, 204, { "Cache-Control": "no-store" })
        : answer(c, committed, pool);
    }),
  );

  return api;
}

async function authorised(c: Context, parts: SessionApiParts, serve: (bearer: Bearer) => Promise<Response>) {
  if (c.req.header("Origin") !== undefined || c.req.header("Sec-Fetch-Site") !== undefined) {
    return problem(c, 403, "browser_refused", "The session API is for servers.");
  }
  const jwt = /^Bearer ([A-Za-z0-9._-]+)$/.exec(c.req.header("Authorization") ?? "")?.[1];
  const claims = jwt === undefined ? undefined : await parts.handoff.verify(jwt, parts.clock());
  const pool = parts.config.pools.find(({ id }) => id === claims?.aud);
  if (!claims || !pool) return problem(c, 401, "unauthorised", "Send the request's Moor-Session as a bearer token.");
  if (claims.sid === undefined) return problem(c, 409, "not_stored", "This session is not stored yet.");
  return serve({ pool, ref: refOf(claims.sid, claims, parts.clock()) });
}

function answer(c: Context, result: Lookup | Committed, pool: ResolvedPool): Response {
  switch (result.kind) {
    case "hit":
    case "committed":
      return shown(c, result.copy, pool);
    case "conflict":
      return problem(c, 412, "conflict", "The session has another version.", { version: result.copy.version });
    case "superseded":
      return "copy" in result && result.copy
        ? shown(c, result.copy, pool)
        : problem(c, 410, "superseded", "The session has a newer generation.");
    case "miss":
    case "ended":
      return problem(c, 410, "ended", "The session has ended.");
    case "refused":
      return result.reason === "too-large"
        ? problem(c, 413, "too_large", "The attributes would be too large.")
        : problem(c, 503, "session_unavailable", "The change took too long.");
    case "unavailable":
      return problem(c, 503, "session_unavailable", "Sessions cannot be reached just now.");
  }
}

function shown(c: Context, view: View, pool: ResolvedPool): Response {
  const { version, generation, principal } = view;
  const body = { id: view.id, generation, version, principal, attributes: visible(view.attributes, pool) };
  return c.json(body, 200, { ETag: `"${version}"`, "Cache-Control": "no-store" });
}

function problem(
  c: Context,
  status: Status,
  code: string,
  title: string,
  more: Record<string, unknown> = {},
): Response {
  return c.json({ type: "about:blank", title, status, code, ...more }, status, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
  });
}

/** The session is stored, so no birth is needed to found it: one that is gone has ended. */
function refOf(sid: string, { gen }: HandoffClaims, now: number): Ref {
  return { id: sid, generation: gen, bornAt: 0, arrivedAt: now, colo: "" };
}

/**
 * A change that comes without the visitor, and so without his mark, is made as if the journal had just taken something of
 * his: or it would be overwritten by what he did before.
 */
function unattended(ref: Ref): Ref {
  return { ...ref, markedAt: ref.arrivedAt };
}

function changeOf(asked: Partial<Change>, { clock, config }: SessionApiParts): Change {
  const id = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
  return { id, expiresAt: clock() + CHANGE_LIFE_SECONDS * 1000, policy: config.session, ...asked };
}

function readIfMatch(header: string | undefined): number | undefined | "malformed" {
  if (header === undefined) return undefined;
  const version = /^"([1-9][0-9]{0,9})"$/.exec(header)?.[1];
  return version === undefined ? "malformed" : Number(version);
}

import type { Context } from "hono";
import { Hono } from "hono/tiny";
import type { ResolvedPool } from "../config/resolved.ts";
import { encodeBase64url } from "../inbound/base64url.ts";
import { CHANGE_LIFE_SECONDS, type Change, type Ref } from "../session/change.ts";
import { type JsonObject, parsePatch } from "../session/patch.ts";
import type { View } from "../session/record.ts";
import type { Committed, Lookup } from "../store/contracts.ts";
import { visible } from "../upstream/handoff.ts";
import { authorised, type SessionApiParts } from "./bearer.ts";
import { problem } from "./problem.ts";

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

function answer(c: Context, result: Lookup | Committed, pool: ResolvedPool): Response {
  switch (result.kind) {
    case "hit":
    case "committed":
      return shown(c, result.copy, pool);
    case "conflict":
      return problem(c, 412, "conflict", "The session has another version.", { version: result.copy?.version });
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

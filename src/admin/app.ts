import { Hono } from "hono";
import { failureResponse } from "../errors.ts";
import { createSessionApi, type SessionApiParts } from "./session-api.ts";

/** Everything under `/.moor/`. */
export function createAdmin(parts: SessionApiParts): Hono {
  const admin = new Hono();
  admin.get("/.moor/jwks.json", async (c) =>
    c.json(await parts.handoff.keySet(), 200, { "Cache-Control": "public, max-age=300" }),
  );
  admin.route("/.moor/session", createSessionApi(parts));
  admin.notFound((c) => failureResponse("no_route", c.req.raw));
  return admin;
}

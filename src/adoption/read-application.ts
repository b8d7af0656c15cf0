import type { ReadAdoption } from "../config/adopt.ts";
import { hasTooManyValues, nameAt } from "../old-formats/bounded-json.ts";
import type { OldReader, ReadSession } from "../old-formats/format.ts";
import { isPrincipal } from "../session/change.ts";
import type { Json } from "../session/patch.ts";
import { type OldSession, takenOf } from "./answer.ts";
import type { OldApplication } from "./old-application.ts";

/** An old application whose sessions Moor reads by itself. Nothing is brought back to it: the old store is only read, and sessions end there. */
export function createReadApplication(entry: ReadAdoption, reader: OldReader, clock: () => number): OldApplication {
  return {
    async ask({ headers }) {
      const read = await reader.read(headers.get("Cookie"), entry.cookies, clock());
      switch (read.kind) {
        case "session":
          return { ...describedBy(read, entry), cookies: [] };
        case "unreadable":
          return { kind: "none", reason: read.reason };
        case "none":
        case "unavailable":
          return read;
      }
    },
    end: async (_asker, id) => (entry.readOnly ? { kind: "forbidden" } : reader.end(id)),
  };
}

/** The session as an old application would describe it. */
function describedBy(
  { id, values, expiresAt }: ReadSession,
  { principal: path, readOnly, until }: ReadAdoption,
): OldSession {
  const named = path === undefined ? undefined : nameAt(values, path);
  const principal = named !== undefined && isPrincipal(named) ? named : undefined;
  const isUnnamed = path !== undefined && principal === undefined;
  const taken = hasTooManyValues(values) ? undefined : takenOf(values as Json);
  return {
    kind: "session",
    ...(id === undefined ? {} : { id }),
    ...(principal === undefined ? {} : { principal }),
    attributes: taken ?? {},
    tooLarge: taken === undefined,
    ...(isUnnamed && { flaw: `nobody is logged in, because ${path} names no principal` }),
    ...(readOnly ? { readOnly } : {}),
    expiresAt: expiresAt ?? Date.parse(until),
  };
}

import { NOTHING_KNOWN, type RequestFacts } from "../../src/observe/request-facts.ts";
import type { Copy } from "../../src/session/copy.ts";
import type { OpenedSession } from "../../src/store/open-session.ts";
import type { Source } from "../../src/store/tiers.ts";
import { copyOf, refTo, sessionOf } from "./sessions.ts";
import { T0 } from "./time.ts";

/** The facts of a GET of `https://shop.test/` that arrived at the tests' time 0, with the facts that a test adds. */
export function knownFacts(
  known: Partial<RequestFacts> = {},
  request = new Request("https://shop.test/"),
): RequestFacts {
  return { ...NOTHING_KNOWN, request, arrivedAt: T0, ...known };
}

/** A stored session that was shown to a request. */
export function openedSession(id: string, given: Partial<Copy> = {}, source: Source = "object"): OpenedSession {
  const copy = copyOf(id, given);
  const token = {
    id,
    generation: 0,
    key: new Uint8Array(16),
    version: copy.version,
    bornAt: T0,
    issuedAt: T0,
    touchedAt: T0,
    expiresAt: T0 + 60_000,
    replicated: false,
    home: 0,
    pin: 0,
  };
  const session = sessionOf(copy, { token });
  const found = { kind: "hit" as const, copy, source, passed: [] };
  return { kind: "session", session, ref: refTo(id), source, found };
}

import type { OpenedToken } from "../../src/inbound/token/tokens.ts";
import type { Change, Policy, Ref } from "../../src/session/change.ts";
import type { Copy } from "../../src/session/copy.ts";
import type { View } from "../../src/session/record.ts";
import { NOWHERE, type Session } from "../../src/session/session.ts";
import { at, T0 } from "./time.ts";

/** Touches are due every 6 minutes; a token that has not come back lives 10 minutes, a version-0 token 2 hours. */
export const POLICY: Policy = {
  idleSeconds: 3_600,
  absoluteSeconds: 86_400,
  firstIdleSeconds: 600,
  newSessionHours: 2,
  graceSeconds: 30,
  maxAttributeBytes: 1_024,
};

let made = 0;

/** A name that no other part of the tests has. */
export function uniqueId(prefix = "session"): string {
  made++;
  return `${prefix}-${made}-${crypto.randomUUID()}`;
}

/** The token of a request, of a session born at the tests' time 0. */
export function refTo(id: string, arrivedAt = T0, generation = 0): Ref {
  return { id, generation, bornAt: T0, arrivedAt };
}

/** A change sent at `now`: it may be under way for 8 seconds. */
export function changeAt(now: number, asked: Partial<Change>): Change {
  return { id: uniqueId("change"), expiresAt: now + 8_000, policy: POLICY, ...asked };
}

/** A copy of a session for which the authority vouches at the tests' time 0. */
export function copyOf(id: string, given: Partial<Copy> = {}): Copy {
  const view: View = {
    id,
    generation: 0,
    version: 1,
    attributes: {},
    attributeBytes: 2,
    bornAt: T0,
    touchedAt: T0,
    idleDeadline: at(3_960),
    absoluteDeadline: at(86_400),
    returned: true,
  };
  return { ...view, vouchedAt: T0, journalSeenAt: 0, replicated: false, mayBeKept: true, ...given };
}

/** A stored session as a request sees it when all is well. */
export function sessionOf(view: View, given: Partial<Session> = {}): Session {
  return { ...NOWHERE, token: openedToken(), returning: true, view, ...given };
}

/** A session that no store holds. */
export function unsavedSession(returning: boolean): Session {
  return { ...NOWHERE, token: openedToken({ version: 0 }), returning };
}

/** A token as it is opened, of a session that the client has seen at version 1. */
export function openedToken(given: Partial<OpenedToken> = {}): OpenedToken {
  return {
    id: "s",
    generation: 0,
    key: new Uint8Array(16),
    version: 1,
    bornAt: T0,
    issuedAt: T0,
    touchedAt: T0,
    expiresAt: at(3_960),
    replicated: false,
    home: 0,
    pin: 0,
    ...given,
  };
}

import { describe, expect, it } from "vitest";
import type { View } from "../../src/session/record.ts";
import { changeFor, type Intent, NO_INTENT, rotates, type Session } from "../../src/session/session.ts";
import { copyOf, POLICY, sessionOf, unsavedSession } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

const known = (given: Partial<View> = {}) => sessionOf(copyOf("s", given));
const changeOf = (session: Session, asked: Partial<Intent> = {}, now = T0) =>
  changeFor(session, { ...NO_INTENT, ...asked }, { newId: () => "c", now, policy: POLICY, touches: true });

describe("the change that a request asks for", () => {
  const common = { id: "c", expiresAt: at(8), policy: POLICY };

  it("is none for a clean read with no touch due", () => expect(changeOf(known())).toBeUndefined());

  it("is none for a visitor of whom nothing is stored, although their token has come back", () => {
    expect(changeOf(unsavedSession(true))).toBeUndefined();
  });

  it("is a touch when a touch is due", () => {
    expect(changeOf(known({ touchedAt: at(-360) }))).toEqual({ ...common, touch: true });
    expect(changeOf(known({ returned: false }))).toEqual({ ...common, touch: true });
  });

  it("holds all that was asked, patches in their order", () => {
    const patches = [{ a: null }, { a: { b: 1 } }];
    expect(changeOf(known(), { patches, principal: "alice", rotate: true, end: true })).toEqual({
      ...common,
      patches: [{ a: null }, { a: { b: 1 } }],
      principal: "alice",
      rotate: true,
      end: true,
    });
  });

  it("carries the touch that is due", () => {
    const session = known({ touchedAt: at(-360) });
    expect(changeOf(session, { patches: [{ a: 1 }] })).toEqual({ ...common, patches: [{ a: 1 }], touch: true });
  });

  it("founds a session with a touch only if its token had come back", () => {
    const patches = [{ a: 1 }];
    expect(changeOf(unsavedSession(true), { patches })).toEqual({ ...common, patches, touch: true });
    expect(changeOf(unsavedSession(false), { patches })).toEqual({ ...common, patches });
  });

  it("is none for a rotation under a key that no other client can have", () => {
    expect(changeOf(unsavedSession(false), { rotate: true })).toBeUndefined();
    expect(rotates(unsavedSession(false), { ...NO_INTENT, rotate: true })).toBe(false);
  });

  it("holds a rotation that founds a session, because it may be a login by attributes", () => {
    const asked = { rotate: true, patches: [{ user: "alice" }] };
    expect(changeOf(unsavedSession(false), asked)).toEqual({ ...common, ...asked });
  });

  it("expires 8 seconds after it is sent", () => {
    expect(changeOf(known(), { rotate: true }, at(60))).toEqual({ ...common, rotate: true, expiresAt: at(68) });
  });
});

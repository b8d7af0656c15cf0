import { describe, expect, it } from "vitest";
import vectors from "../../../sdk/provider-logins.json" with { type: "json" };
import { NextSession } from "../../../src/sdk/next/session.ts";
import { sessionWith } from "./moor.ts";

describe("the login of a session", () => {
  it.each(vectors.shown)(
    "is what the handoff tells, with its times in milliseconds: $name",
    async ({ claim, login }) => {
      const { at, authAt, acr } = login;
      expect((await sessionWith({ login: claim })).providerLogin).toEqual({
        ...login,
        at: at * 1000,
        authAt: authAt === null ? undefined : authAt * 1000,
        acr: acr ?? undefined,
      });
    },
  );

  it("is the same in moor/next", async () => {
    const session = await sessionWith({ login: vectors.shown[0]?.claim });
    const next = new NextSession({ isStorable: true, session }, async () => {});
    expect(next.providerLogin).toEqual(session.providerLogin);
    expect(next.providerLogin?.roles).toEqual(["ops", "staff"]);
    expect(new NextSession({ isStorable: false }, async () => {}).providerLogin).toBeUndefined();
  });

  it("is absent for a session that no provider has logged in", async () =>
    expect((await sessionWith({})).providerLogin).toBeUndefined());

  it.each(vectors.refused)("is refused if Moor cannot have written it: $name", async ({ claim }) =>
    expect(sessionWith({ login: claim })).rejects.toThrow("its login is not one of Moor's"),
  );
});

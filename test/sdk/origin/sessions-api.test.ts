import { describe, expect, it } from "vitest";
import type { Fetch } from "../../../src/sdk/origin/index.ts";
import { answer, k1, k2, originWith, SID } from "./moor.ts";

/** The session of a request whose sessions API answers so, and the calls of that API. */
async function sessionAnswered(response: unknown, status = 200) {
  const asked: string[] = [];
  const fetch: Fetch = async (url, init) => {
    if (url.endsWith("/jwks.json")) return answer({ keys: [k1.jwk, k2.jwk] });
    asked.push(`${init.method} ${url.replace("https://shop.example.com", "")}`);
    return answer(response, status);
  };
  return { session: await originWith({ fetch }).session(await k1.sign()), asked };
}

const OTHER = "B".repeat(22);
const listed = { count: 1, sessions: [{ id: SID, current: true }], next: "1.x" };

describe("the sessions of the principal", () => {
  it("are listed page by page", async () => {
    const { session, asked } = await sessionAnswered(listed);
    expect(await session.sessions.list()).toEqual(listed);
    await session.sessions.list({ after: "1.x&y" });
    expect(asked).toEqual(["GET /.moor/sessions", "GET /.moor/sessions?after=1.x%26y"]);
  });

  it("end: all others, which changes nothing here, also while some are left", async () => {
    const { session, asked } = await sessionAnswered({ ended: 200, left: 3 }, 202);
    expect(await session.sessions.endOthers()).toEqual({ ended: 200, left: 3 });
    expect([asked, session.headers()]).toEqual([["DELETE /.moor/sessions?others=true"], []]);
  });

  it("end: all, and the response clears the visitor's token", async () => {
    const { session, asked } = await sessionAnswered({ ended: 1, left: 0 });
    await session.sessions.endAll();
    expect([asked, session.headers()]).toEqual([["DELETE /.moor/sessions"], [["Moor-End", "1"]]]);
  });

  it("end: one session, and the response clears the visitor's token if it is their own", async () => {
    const { session, asked } = await sessionAnswered(undefined, 204);
    await session.sessions.end(OTHER);
    expect(session.headers()).toEqual([]);
    await session.sessions.end(SID);
    expect(session.headers()).toEqual([["Moor-End", "1"]]);
    expect(asked).toEqual([`DELETE /.moor/sessions/${OTHER}`, `DELETE /.moor/sessions/${SID}`]);
  });

  it.each(["", "..", "../../session", `${OTHER}/..`, `${OTHER}x`])(
    "are not asked for by a text that is not an id: %j",
    async (id) => {
      const { session, asked } = await sessionAnswered(undefined, 204);
      await expect(session.sessions.end(id)).rejects.toMatchObject({ code: "session-unknown" });
      expect(asked).toEqual([]);
    },
  );

  it.each([
    [404, "not_found", "session-unknown"],
    [404, "no_route", "session-unavailable"],
    [409, "no_principal", "principal-missing"],
    [409, "not_stored", "session-not-stored"],
    [410, "ended", "session-over"],
    [403, "forbidden", "session-refused"],
    [503, "session_unavailable", "session-unavailable"],
  ])("tell a %i %s as %s, and nothing is taken to have ended", async (status, code, expected) => {
    const { session } = await sessionAnswered({ title: "No.", code }, status);
    const { sessions } = session;
    const calls = [() => sessions.list(), () => sessions.end(SID), () => sessions.endOthers(), () => sessions.endAll()];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: expected });
    expect(session.headers()).toEqual([]);
  });

  it.each([undefined, [], {}, { count: 1 }, { ended: "1", left: 0 }])(
    "refuse an answer that is none: %j",
    async (body) => {
      const { session } = await sessionAnswered(body);
      for (const call of [() => session.sessions.list(), () => session.sessions.endAll()]) {
        await expect(call()).rejects.toMatchObject({ code: "session-unavailable" });
      }
    },
  );
});

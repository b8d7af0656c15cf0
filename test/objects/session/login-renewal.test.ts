import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LoginProvider, Renewed } from "../../../src/objects/session/login-renewal.ts";
import type { Login } from "../../../src/session/login.ts";
import { setTime } from "../../support/edge.ts";
import { oneSession } from "../../support/one-session.ts";
import { POLICY } from "../../support/sessions.ts";
import { at, T0 } from "../../support/time.ts";

const login: Login = { issuer: "https://id.test", sub: "alice", at: T0, claims: {}, roleClaims: {} };
const POLICY_OF_LONG_GRACE = { ...POLICY, graceSeconds: 300 };
const LOGIN = { principal: "alice", login, grant: "the-first-grant" };
/** The login as the provider tells it after a minute. */
const RENEWED = { ...login, claims: { name: "Alice" }, confirmedAt: at(60) };

beforeEach(() => setTime(T0));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A session that is logged in, a minute later, and a provider whose answers the test gives. */
async function dueSession() {
  const asked: {
    grant: string | undefined;
    answer: (renewed: Renewed) => void;
    fail: (fault: Error) => void;
  }[] = [];
  const loginProvider: LoginProvider = {
    isDue: ({ at: loggedInAt, confirmedAt = loggedInAt }, now) => now - confirmedAt >= 60_000,
    renew: (_login, grant) => new Promise((answer, fail) => void asked.push({ grant, answer, fail })),
    revoke: async (_login, grant) => void revoked.push(grant),
  };
  const revoked: string[] = [];
  const session = oneSession({ loginProvider });
  await session.commit({ patches: [{ basket: "apple" }] });
  await session.commit(LOGIN);
  setTime(at(60));
  const renew = () => session.renew({ generation: 1 });
  const answer = (renewed: Renewed) => asked.at(-1)?.answer(renewed);
  return { session, asked, revoked, renew, answer };
}

describe("the renewal of a login", () => {
  it("asks the provider once for all requests, and changes the claims and the version alone", async () => {
    const { session, asked, renew, answer } = await dueSession();
    await session.read({ generation: 1 });
    const before = session.record();
    const answers = [renew(), renew(), renew()];
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    answer({ kind: "renewed", login: RENEWED, grant: "the-second-grant" });
    const shown = { kind: "hit", copy: { principal: "alice", login: RENEWED, version: 3, generation: 1 } };
    expect(await Promise.all(answers)).toMatchObject([shown, shown, shown]);
    expect(session.record()).toEqual({ ...before, login: RENEWED, version: 3 });
    expect(asked.map(({ grant }) => grant)).toEqual(["the-first-grant"]);
  });

  it("uses the refresh token that the provider gave last, also in the object's next life", async () => {
    const { session, asked, renew, answer } = await dueSession();
    const first = renew();
    answer({ kind: "renewed", login: RENEWED, grant: "the-second-grant" });
    await first;
    session.replace();
    setTime(at(120));
    void renew();
    expect(asked.at(-1)?.grant).toBe("the-second-grant");
  });

  it("is no part of a record, a copy, a backup or an answer", async () => {
    const { session, renew, answer } = await dueSession();
    const first = renew();
    answer({ kind: "renewed", login: RENEWED, grant: "the-second-grant" });
    const texts = [await first, await session.read({ generation: 1 }), session.record()];
    await session.settled();
    const { record } = await session.held();
    expect(record).toMatchObject({ version: 3 });
    expect(JSON.stringify([...texts, record])).not.toContain("grant");
  });

  it("leaves a login alone that the visitor has made meanwhile, and its refresh token", async () => {
    const { session, asked, renew, answer } = await dueSession();
    const first = renew();
    await session.commit({ ...LOGIN, grant: "of-the-new-login" }, { generation: 1 });
    answer({ kind: "refused" });
    await first;
    expect(session.record()?.login).toEqual({ ...login, at: at(60) });
    setTime(at(120));
    void session.renew({ generation: 2 });
    expect(asked.at(-1)?.grant).toBe("of-the-new-login");
  });

  it("leaves an ended session ended, and keeps no refresh token for it", async () => {
    const { session, revoked, renew, answer } = await dueSession();
    const first = renew();
    await session.commit({ end: true }, { generation: 1 });
    answer({ kind: "renewed", login: RENEWED, grant: "the-second-grant" });
    expect((await first).kind).toBe("ended");
    expect(session.sessions.keys(session.id)).not.toContain("grant");
    // The provider gave the second after it had been told to forget the first.
    expect(revoked).toEqual(["the-first-grant", "the-second-grant"]);
  });

  it("keeps no refresh token of a visitor whose login has ended somebody else's session", async () => {
    const { session, revoked } = await dueSession();
    const other = { principal: "bob", login: { ...login, sub: "bob" }, grant: "of-bob" };
    expect(await session.commit(other, { generation: 1 })).toMatchObject({ kind: "ended" });
    expect(session.sessions.keys(session.id)).not.toContain("grant");
    expect(revoked).toEqual([]);
  });

  it("has the provider forget the refresh token at a logout, and after no other end", async () => {
    const [loggedOut, ended] = [await dueSession(), await dueSession()];
    await loggedOut.session.commit({ end: true }, { generation: 1 });
    await ended.session.sessions.end(ended.session.id);
    expect([loggedOut.revoked, ended.revoked]).toEqual([["the-first-grant"], []]);
    expect(ended.session.sessions.keys(ended.session.id)).not.toContain("grant");
  });

  it("is tried again ten seconds after the provider was away, and not before", async () => {
    const { asked, renew, answer } = await dueSession();
    const first = renew();
    answer({ kind: "unavailable" });
    expect(await first).toMatchObject({ kind: "hit", copy: { principal: "alice", login: { at: T0 } } });
    setTime(at(69));
    await renew();
    expect(asked).toHaveLength(1);
    setTime(at(70));
    void renew();
    expect(asked).toHaveLength(2);
  });

  it("is tried again ten seconds after an unexpected fault, and not before", async () => {
    const { asked, renew } = await dueSession();
    const first = renew();
    asked[0]?.fail(new Error("a fault of the code"));
    expect((await first).kind).toBe("unavailable");
    setTime(at(69));
    expect((await renew()).kind).toBe("hit");
    expect(asked).toHaveLength(1);
    setTime(at(70));
    void renew();
    expect(asked).toHaveLength(2);
  });

  it("is tried again ten seconds after a slow provider has failed, however long that took", async () => {
    const { asked, renew, answer } = await dueSession();
    const first = renew();
    setTime(at(84));
    answer({ kind: "unavailable" });
    await first;
    setTime(at(93));
    await renew();
    expect(asked).toHaveLength(1);
  });

  it("is tried again with the next refresh token that the provider gave before it failed", async () => {
    const { asked, renew, answer } = await dueSession();
    const first = renew();
    answer({ kind: "unavailable", grant: "the-second-grant" });
    await first;
    setTime(at(70));
    void renew();
    expect(asked.at(-1)?.grant).toBe("the-second-grant");
  });

  it("is seen by the generation before as well, which keeps its own time and method", async () => {
    const { session, renew, answer } = await dueSession();
    await session.commit(
      { ...LOGIN, policy: POLICY_OF_LONG_GRACE, login: { ...login, acr: "mfa" } },
      { generation: 1 },
    );
    setTime(at(120));
    const first = renew();
    answer({
      kind: "renewed",
      login: { ...login, at: at(60), claims: { name: "Alice" }, confirmedAt: at(120) },
      grant: "g",
    });
    await first;
    expect(await session.read({ generation: 1 })).toMatchObject({
      before: { version: 4, login: { ...login, claims: { name: "Alice" }, confirmedAt: at(120) } },
    });
  });

  it("keeps no request longer than two seconds from when the provider was asked", async () => {
    const { session, renew } = await dueSession();
    vi.useFakeTimers({ now: at(60), toFake: ["setTimeout", "clearTimeout", "Date"] });
    const first = renew();
    await vi.advanceTimersByTimeAsync(1_500);
    const later = renew();
    await vi.advanceTimersByTimeAsync(500);
    const shown = { kind: "hit", copy: { login: { at: T0 } } };
    expect([await first, await later]).toMatchObject([shown, shown]);
    expect(session.record()?.version).toBe(2);
  });
});

describe("a login that the provider no longer confirms", () => {
  async function lapsed() {
    const due = await dueSession();
    const first = due.renew();
    due.answer({ kind: "refused" });
    return { ...due, shown: await first };
  }

  it("lapses: the session lives on, and shows nobody", async () => {
    const { session, shown } = await lapsed();
    expect(shown).toMatchObject({ kind: "hit", copy: { attributes: { basket: "apple" }, version: 3 } });
    for (const name of ["principal", "loggedInAt", "login"]) expect(shown).not.toHaveProperty(`copy.${name}`);
    expect(session.sessions.keys(session.id)).not.toContain("grant");
  });

  it("is shown to the generation before no longer", async () => {
    const { session, renew, answer } = await dueSession();
    await session.commit({ ...LOGIN, policy: POLICY_OF_LONG_GRACE }, { generation: 1 });
    expect(await session.read({ generation: 1 })).toMatchObject({ before: { principal: "alice" } });
    setTime(at(120));
    const first = renew();
    answer({ kind: "refused" });
    const shown = await first;
    expect(shown).toMatchObject({ kind: "superseded", before: { attributes: { basket: "apple" } } });
    for (const name of ["principal", "loggedInAt", "login"]) expect(shown).not.toHaveProperty(`before.${name}`);
  });

  it("is no login in the backup either, though no request waits for the answer any more", async () => {
    const { session, renew, answer } = await dueSession();
    vi.useFakeTimers({ now: at(60), toFake: ["setTimeout", "clearTimeout", "Date"] });
    const first = renew();
    await vi.advanceTimersByTimeAsync(2_000);
    await first;
    expect((await session.held()).record).not.toHaveProperty("login.lapsed");
    answer({ kind: "refused" });
    await session.settled();
    expect((await session.held()).record).toMatchObject({ login: { lapsed: true } });
  });

  it("is nobody's login in a build that renews no logins: the setting may be taken away", async () => {
    const { session } = await lapsed();
    vi.stubGlobal("MOOR_REFRESH", false);
    const shown = await session.read({ generation: 1 });
    expect(shown).toMatchObject({ kind: "hit", copy: { attributes: { basket: "apple" } } });
    for (const name of ["principal", "loggedInAt", "login"]) expect(shown).not.toHaveProperty(`copy.${name}`);
    const answer = await session.commit({ principal: "alice" }, { generation: 1 });
    expect(answer).toMatchObject({ kind: "committed", copy: { principal: "alice" } });
  });

  it("is not asked for again", async () => {
    const { asked, renew } = await lapsed();
    setTime(at(600));
    await renew();
    expect(asked).toHaveLength(1);
  });

  it("is a login again, in the same session, when the same visitor logs in", async () => {
    const { session } = await lapsed();
    const again = await session.commit({ ...LOGIN, grant: "another" }, { generation: 1 });
    expect(again).toMatchObject({
      kind: "committed",
      copy: { principal: "alice", attributes: { basket: "apple" }, generation: 2, login: { at: at(60) } },
    });
    expect(again).not.toHaveProperty("copy.login.lapsed");
  });

  it("gives its session to no other visitor", async () => {
    const { session } = await lapsed();
    const other = { principal: "bob", login: { ...login, sub: "bob" } };
    expect(await session.commit(other, { generation: 1 })).toMatchObject({ kind: "ended" });
  });

  it("hides no visitor whom an origin logs in later", async () => {
    const { session } = await lapsed();
    const answer = await session.commit({ principal: "alice" }, { generation: 1 });
    expect(answer).toMatchObject({ kind: "committed", copy: { principal: "alice" } });
    expect(answer).not.toHaveProperty("copy.login");
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogEntry } from "../../src/log.ts";
import { createRenewing } from "../../src/login/renewing.ts";
import type { Login } from "../../src/session/login.ts";
import type { Lookup } from "../../src/store/contracts.ts";
import { createMemory } from "../../src/store/memory.ts";
import { setTime } from "../support/edge.ts";
import { copyOf, sessionOf } from "../support/sessions.ts";
import { at, T0 } from "../support/time.ts";

const login: Login = { issuer: "https://id.test", sub: "alice", at: T0, claims: {}, roleClaims: {} };
const due = copyOf("s", { principal: "alice", login, generation: 1 });
const renewed = copyOf("s", { ...due, version: 2, login: { ...login, confirmedAt: at(60) } });
const lapsed = copyOf("s", { version: 2, generation: 1 });
const ref = { id: "s", generation: 1, bornAt: 0, arrivedAt: T0 };

beforeEach(() => setTime(at(60)));
afterEach(() => vi.useRealTimers());

/** The renewal, whose object answers a renewal as told, and how often it was asked. */
function answering(answer: Lookup) {
  const memory = createMemory();
  let asked = 0;
  const renewals = {
    renew: async () => {
      asked++;
      return answer;
    },
  };
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => void logged.push(entry);
  const renewing = createRenewing({ logins: [{ refreshSeconds: 60 }], renewals, memory, clock: () => Date.now(), log });
  return {
    memory,
    logged,
    asked: () => asked,
    opened: (view = due) => renewing.opened({ kind: "session", session: sessionOf(view), ref, source: "memory" }),
    read: (found: Lookup) => {
      const unused = () => Promise.reject(new Error("only reads are renewed"));
      const authority = { name: "object", read: async () => found, commit: unused, takeOver: unused };
      return renewing.reads({ authority }).authority.read(ref, Date.now());
    },
  };
}
const away: Lookup = { kind: "unavailable", cause: new Error("away") };

describe("the session of a request whose login is due", () => {
  it("is that of the object, which the isolate keeps", async () => {
    const { opened, memory } = answering({ kind: "hit", copy: lapsed });
    expect((await opened()).session.view).toEqual(lapsed);
    expect(memory.read(ref)).toMatchObject({ copy: lapsed });
  });

  it("is the view before a rotation, for the generation before", async () => {
    const before = copyOf("s", { version: 3, generation: 1 });
    expect((await answering({ kind: "superseded", before }).opened()).session.view).toEqual(before);
  });

  it.each<[string, Lookup]>([
    ["has ended", { kind: "ended" }],
    ["is of a generation that is served no more", { kind: "superseded" }],
  ])("shows nobody if it %s", async (_name, answer) => {
    expect((await answering(answer).opened()).session.view).toBeUndefined();
  });

  it("is as it was while the object is away, and the log says so once in five seconds", async () => {
    const { opened, logged } = answering(away);
    expect((await opened()).session.view).toEqual(due);
    expect((await opened()).session.view).toEqual(due);
    expect(logged).toEqual([{ event: "login_unavailable", session: "s", reason: "not renewed: Error: away" }]);
    setTime(at(66));
    await opened();
    expect(logged).toHaveLength(2);
  });

  it("costs one call in five seconds while the provider is away", async () => {
    const { opened, asked } = answering({ kind: "hit", copy: due });
    await opened();
    setTime(at(64));
    expect((await opened()).session.view).toEqual(due);
    expect(asked()).toBe(1);
    setTime(at(65));
    await opened();
    expect(asked()).toBe(2);
  });

  it("is not asked for if the login is not due, or there is none", async () => {
    const { opened, asked } = answering(away);
    await opened(renewed);
    await opened(lapsed);
    expect(asked()).toBe(0);
  });
});

describe("a read of the authority", () => {
  it.each<[string, Lookup]>([
    ["the session", { kind: "hit", copy: due }],
    ["the view before a rotation", { kind: "superseded", before: due }],
  ])("of %s has the login renewed if that is due", async (_name, found) => {
    const answer = { kind: "hit", copy: lapsed } as const;
    expect(await answering(answer).read(found)).toEqual(answer);
  });

  it("answers as it was while the object no longer answers", async () => {
    expect(await answering(away).read({ kind: "hit", copy: due })).toEqual({ kind: "hit", copy: due });
  });

  it("asks nobody if the login is not due", async () => {
    const { read, asked } = answering(away);
    expect(await read({ kind: "hit", copy: renewed })).toMatchObject({ copy: renewed });
    expect(await read({ kind: "miss" })).toEqual({ kind: "miss" });
    expect(asked()).toBe(0);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalRedis } from "../../../bin/local-redis/local-redis.ts";
import type { Fallback } from "../../../src/store/fallback-contract.ts";
import { PENDING_SETS_KEY } from "../../../src/store/redis/limits.ts";
import { entryOf, newId, recordOf } from "../../store/redis/records.ts";
import { freePort } from "../../support/node/ports.ts";
import { startRedis } from "../local-redis/rest.ts";
import type { Call, ShownFault } from "./call.ts";
import {
  answering,
  type Behaviour,
  type FaultyServer,
  lost,
  silent,
  startFaultyServer,
  stuck,
} from "./faulty-server.ts";

const TOKEN = `token-that-nobody-may-see-${process.pid}`;
const SECRET = "attribute-that-nobody-may-see";
/** A deadline that even a busy machine meets. */
const DEADLINE_MS = 20_000;
/** The deadline in tests in which every call waits for it. */
const SHORT_DEADLINE_MS = 1_000;
/** The deadline in tests in which one call waits for it, and another call must be answered in time. */
const MIDDLE_DEADLINE_MS = 5_000;

const commandOf = ({ body }: { body: string }) => JSON.parse(body) as string[];

/**
 * The promises of a fallback's calls when Redis fails, in one runtime.
 *
 * @param answerTo makes a call in that runtime.
 */
export function describeFaults(answerTo: (call: Call) => Promise<object>): void {
  const fallbackOf = (options: Call["options"]): Fallback => {
    const method =
      (name: keyof Fallback) =>
      (...args: unknown[]) =>
        answerTo({ options, method: name, args }) as Promise<never>;
    return {
      name: "redis",
      read: method("read"),
      keep: method("keep"),
      append: method("append"),
      takeOver: method("takeOver"),
      pendingSets: method("pendingSets"),
      pending: method("pending"),
      settled: method("settled"),
      settledSet: method("settledSet"),
    };
  };
  /** A fallback of the test's own, which has noted no pending set yet. */
  const freshFallback = (deadlineMs: number) => fallbackOf({ url: server.url, token: server.token, deadlineMs });
  const id = newId();
  const record = recordOf(id, { attributes: { secret: SECRET }, principal: "principal-that-nobody-may-see" });
  const entry = entryOf(id, { patches: [{ secret: SECRET }], expiresAt: Date.now() + 600_000 });
  const calls: [name: string, call: (fallback: Fallback) => Promise<unknown>][] = [
    ["read", (fallback) => fallback.read(id)],
    ["keep", (fallback) => fallback.keep(record)],
    ["append", (fallback) => fallback.append(entry)],
    ["takeOver", (fallback) => fallback.takeOver(id, [entry.change.id], record)],
    ["pendingSets", (fallback) => fallback.pendingSets()],
    ["pending", (fallback) => fallback.pending(0, 0, 10)],
    ["settled", (fallback) => fallback.settled(id, Date.now())],
    ["settledSet", (fallback) => fallback.settledSet(0, Date.now())],
  ];

  let redis: LocalRedis;
  let server: FaultyServer;
  let started = 0;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  // Each test has a server and a token of its own, so a late request never counts in another test.
  beforeEach(async () => {
    server = await startFaultyServer(`${TOKEN}-${++started}`);
  });
  afterEach(() => server.stop());

  /** Against a server with this behaviour every call is unavailable, and its cause tells nothing of the session. */
  async function expectUnavailable(
    behaviour: Behaviour,
    code: string,
    { detail = "", deadlineMs = DEADLINE_MS } = {},
  ): Promise<void> {
    server.behaviour = behaviour;
    const fallback = freshFallback(deadlineMs);
    await Promise.all(calls.map(([name, call]) => expectSafeFault(name, call(fallback), code, detail)));
    // An append sends only its first note. The server may read a request after its sender has given up.
    const sent = () => server.requests.map((request) => commandOf(request)[0]).toSorted();
    await expect.poll(sent).toEqual([...new Array<string>(7).fill("eval"), "zadd"]);
    for (const request of server.requests) expect(request).toMatchObject({ method: "POST", path: "/" });
  }

  async function expectSafeFault(name: string, answer: Promise<unknown>, code: string, detail = ""): Promise<void> {
    const { kind, cause } = (await answer) as { kind: string; cause: ShownFault };
    expect({ name, kind, code: cause?.code }).toEqual({ name, kind: "unavailable", code });
    expect(cause.name).toBe("RedisFault");
    expect(cause.message).toMatch(detail === "" ? /^[A-Za-z ]+$/ : new RegExp(`^[A-Za-z ]+: ${detail}$`));
    for (const hidden of ["nobody-may-see", id, entry.change.id, "moor:", "redis.call"]) {
      expect(cause.everything).not.toContain(hidden);
    }
  }

  /** Passes requests on to the real Redis. */
  const working: Behaviour = async (response, body) => {
    const headers = { authorization: `Bearer ${redis.token}` };
    const answer = await fetch(redis.url, { method: "POST", headers, body });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  };

  describe("is unavailable, whatever was asked, when Redis", () => {
    it.each<[string, Behaviour]>([
      ["never answers", silent],
      ["never ends its answer", stuck],
    ])("%s", async (_what, behaviour) => {
      await expectUnavailable(behaviour, "timeout", { deadlineMs: SHORT_DEADLINE_MS });
    });

    it("sends the client elsewhere", async () => {
      server.behaviour = (response) => void response.writeHead(307, { location: redis.url }).end();
      const fallback = freshFallback(DEADLINE_MS);
      for (const [name, call] of calls) await expectSafeFault(name, call(fallback), "unreadable");
    });

    it("loses the connection", async () => {
      await expectUnavailable(lost, "no-answer");
    });

    it("cannot be connected to", async () => {
      const nobody = fallbackOf({ url: `http://127.0.0.1:${await freePort()}`, token: TOKEN, deadlineMs: DEADLINE_MS });
      for (const [name, call] of calls) await expectSafeFault(name, call(nobody), "no-answer");
    });

    it.each([
      [401, "WRONGPASS invalid or missing auth token", "WRONGPASS"],
      [401, "Unauthorized", "Unauthorized"],
      [400, "OOM command not allowed when used memory > 'maxmemory'. REQUEST", "OOM"],
      [429, "ERR max requests limit exceeded. REQUEST", "max requests limit exceeded"],
      [500, "REQUEST", ""],
      [503, "nobody-may-see REQUEST", ""],
    ])("answers %i %j", async (status, error, detail) => {
      await expectUnavailable(answering(status, JSON.stringify({ error })), "refused", { detail });
    });

    it("answers an error of the command with 200", async () => {
      await expectUnavailable(answering(200, '{"error":"READONLY REQUEST"}'), "refused", { detail: "READONLY" });
    });

    it.each([200, 429, 500])("answers a page with %i", async (status) => {
      await expectUnavailable(answering(status, "<h1>REQUEST</h1>"), "unreadable");
    });

    it.each(["", "{", "REQUEST"])("answers no JSON: %j", async (answer) => {
      await expectUnavailable(answering(200, answer), "unreadable");
    });

    it.each(["null", "{}", "[]", '{"message":"REQUEST"}', '"REQUEST"'])("answers other JSON: %s", async (answer) => {
      await expectUnavailable(answering(200, answer), "unreadable");
    });

    it.each([
      "null",
      "true",
      '"OK"',
      '"REQUEST"',
      "{}",
      "[null]",
      "[[],[]]",
      "[[null,null],null]",
      '[["1",null],[]]',
      "[[1,2],[]]",
      '[[null,null],["REQUEST",1]]',
      "[[null,null],[],[]]",
    ])("answers what the command never does: %s", async (result) => {
      await expectUnavailable(answering(200, `{"result":${result}}`), "unreadable");
    });

    it("is asked with the wrong token", async () => {
      const stranger = fallbackOf({ url: redis.url, token: TOKEN, deadlineMs: DEADLINE_MS });
      for (const [name, call] of calls) await expectSafeFault(name, call(stranger), "refused", "unauthorized");
    });

    it("is down behind its REST endpoint", async () => {
      const cut = fallbackOf({ url: redis.url, token: redis.token, deadlineMs: DEADLINE_MS });
      await redis.kill();
      for (const [name, call] of calls) await expectSafeFault(name, call(cut), "refused");
      await redis.restart();
      expect(await cut.read(id)).toEqual({ kind: "found", entries: [] });
    });
  });

  describe("an append whose notes are answered, but not the append itself,", () => {
    it.each<[string, Behaviour, string]>([
      ["because Redis falls silent", silent, "timeout"],
      ["because the connection is lost", lost, "no-answer"],
      ["because Redis answers otherwise", answering(200, '{"result":"OK"}'), "unreadable"],
    ])("%s is unavailable, and acknowledged when it is repeated", async (_what, behaviour, code) => {
      const own = entryOf(newId(), { expiresAt: Date.now() + 600_000 });
      const fresh = freshFallback(MIDDLE_DEADLINE_MS);
      server.behaviour = (response, body, request) =>
        (commandOf({ body })[0] === "zadd" ? working : behaviour)(response, body, request);
      await expectSafeFault("append", fresh.append(own), code);
      server.behaviour = working;
      expect(await fresh.append(own)).toEqual({ kind: "appended" });
      expect(await fresh.read(own.ref.id)).toEqual({ kind: "found", entries: [own] });
    });
  });

  describe("the note of a pending set", () => {
    const expiresAt = Date.now() + 600_000;
    const inOneSet = (expiresAt: number) => entryOf(`${id.slice(0, 4)}${newId().slice(4)}`, { expiresAt });
    const setNotes = () => server.requests.filter((request) => commandOf(request)[1] === PENDING_SETS_KEY).length;

    it("is made again only for a change that may outlast the last note: every ten seconds in a long outage", async () => {
      server.behaviour = working;
      const fresh = freshFallback(DEADLINE_MS);
      for (const [lateMs, notes] of [
        [0, 1],
        [10_000, 1],
        [3_000, 1],
        [10_001, 2],
        [20_001, 2],
        [20_002, 3],
      ] as const) {
        expect(await fresh.append(inOneSet(expiresAt + lateMs))).toEqual({ kind: "appended" });
        expect(setNotes()).toBe(notes);
      }
    });

    it("is made by each request for itself: no request waits for another request's note", async () => {
      const fresh = freshFallback(MIDDLE_DEADLINE_MS);
      let isHeld = true;
      server.behaviour = (response, body, request) => {
        const isFirstNote = isHeld && commandOf({ body })[1] === PENDING_SETS_KEY;
        if (isFirstNote) isHeld = false;
        return (isFirstNote ? silent : working)(response, body, request);
      };
      const answers = await Promise.all([fresh.append(inOneSet(expiresAt)), fresh.append(inOneSet(expiresAt))]);
      expect(answers.map(({ kind }) => kind).toSorted()).toEqual(["appended", "unavailable"]);
    });
  });

  describe("a fallback", () => {
    it("works again as soon as Redis does: no fault stays with it", async () => {
      const fallback = freshFallback(MIDDLE_DEADLINE_MS);
      for (const behaviour of [silent, stuck, lost, answering(500, "{}")]) {
        server.behaviour = behaviour;
        expect(await fallback.read(id)).toMatchObject({ kind: "unavailable" });
        server.behaviour = working;
        expect(await fallback.read(id)).toEqual({ kind: "found", entries: [] });
      }
    });

    it("sends each command once, as a POST of its own, with its token and nothing about itself", async () => {
      server.behaviour = working;
      const fresh = freshFallback(DEADLINE_MS);
      for (const [, call] of calls) expect(await call(fresh)).not.toMatchObject({ kind: "unavailable" });
      const sent = server.requests.map(({ method, path, body }) => [method, path, commandOf({ body })[0]]);
      const names = ["eval", "eval", "zadd", "zadd", "eval", "eval", "eval", "eval", "eval", "eval"];
      expect(sent).toEqual(names.map((name) => ["POST", "/", name]));
      for (const { headers } of server.requests) {
        expect(headers.authorization).toBe(`Bearer ${server.token}`);
        expect(Object.keys(headers).filter((name) => name.startsWith("upstash"))).toEqual([]);
      }
    });

    it("answers many at once, each its own", async () => {
      const own = fallbackOf({ url: redis.url, token: redis.token, deadlineMs: DEADLINE_MS });
      const records = Array.from({ length: 60 }, (_, i) => recordOf(newId(), { attributes: { i } }));
      const kept = await Promise.all(records.map((one) => own.keep(one)));
      for (const answer of kept) expect(answer).toEqual({ kind: "kept", journalLength: 0 });
      const found = await Promise.all(records.map((one) => own.read(one.id)));
      expect(found).toEqual(records.map((one) => ({ kind: "found", record: one, entries: [] })));
    });
  });
}

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { platformErrors } from "../../../emulation/platform-errors.ts";
import { createObjectAuthority } from "../../../src/objects/clients/session-client.ts";
import { answerText } from "../../../src/objects/session/by-text.ts";
import type { CopyPolicy } from "../../../src/objects/session/copies.ts";
import { type Breaker, BreakerOpenError, createBreaker } from "../../../src/store/breaker.ts";
import type { Committed, Lookup, TakenOver } from "../../../src/store/contracts.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { changeAt, copyOf, refTo, uniqueId } from "../../support/sessions.ts";
import { T0 } from "../../support/time.ts";

// The first object of a file loads the whole Worker. On a busy machine that takes longer than a call may.
beforeAll(() => runInDurableObject(env.SESSION_OBJECT.getByName("first"), () => {}));
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: T0 }));
afterEach(() => vi.useRealTimers());

testAuthority("Durable Objects", {
  create: () => createObjectAuthority(env.SESSION_OBJECT),
  createUnreachable: () =>
    createObjectAuthority(objectsThat(() => Promise.reject(platformErrors.connectionLost())).objects),
  setClock: (now) => vi.setSystemTime(now),
  gaps: [],
});

type Answer = (attempt: number) => Promise<Lookup | Committed | TakenOver>;

/** A namespace whose objects answer as told. `stubs` counts the stubs that were made, and `calls` the calls. */
function objectsThat(answer: Answer) {
  const count = { stubs: 0, calls: 0 };
  const options: unknown[] = [];
  const asked: unknown[] = [];
  const ask = (question: unknown) => {
    asked.push(question);
    count.calls++;
    return answer(count.calls);
  };
  const askByText = (question: string) => answerText(question, ask);
  const objects = {
    getByName(_id: string, given: unknown) {
      count.stubs++;
      options.push(given);
      return { readText: askByText, commitText: askByText, takeOver: ask };
    },
  };
  return { objects: objects as unknown as DurableObjectNamespace, count, options, asked };
}

/** An error that is thrown in an object arrives as `remote`. */
const thrownInside = () => Object.assign(new TypeError("Cannot read properties of undefined"), { remote: true });
const missingMethod = () => Object.assign(platformErrors.noSuchMethod("takeOver"), { remote: true });
const HIT: Lookup = { kind: "hit", copy: copyOf("s") };
const never = () => new Promise<never>(() => {});

describe("an object that fails", () => {
  it.each([
    ["a connection that was lost", platformErrors.connectionLost],
    ["an object that was just replaced by new code", platformErrors.reset],
  ])("is asked once more, by a fresh stub, after %s", async (_what, fault) => {
    const { objects, count } = objectsThat((attempt) =>
      attempt === 1 ? Promise.reject(fault()) : Promise.resolve(HIT),
    );
    expect(await createObjectAuthority(objects).read(refTo("s"), T0)).toEqual(HIT);
    expect(count).toEqual({ stubs: 2, calls: 2 });
  });

  it("is not asked a third time", async () => {
    const { objects, count } = objectsThat(() => Promise.reject(platformErrors.connectionLost()));
    expect(await createObjectAuthority(objects).commit(refTo("s"), changeAt(T0, {}))).toEqual({
      kind: "unavailable",
      cause: platformErrors.connectionLost(),
    });
    expect(count).toEqual({ stubs: 2, calls: 2 });
  });

  it.each([
    ["it is overloaded, though that is called retryable", platformErrors.overloaded],
    ["its code has thrown", thrownInside],
    ["what it threw is no error", () => "thrown"],
    ["what it threw is nothing", () => undefined],
  ])("is not asked again when %s", async (_when, fault) => {
    const { objects, count } = objectsThat(() => Promise.reject(fault()));
    expect(await createObjectAuthority(objects).read(refTo("s"), T0)).toEqual({ kind: "unavailable", cause: fault() });
    expect(count.calls).toBe(1);
  });

  it("is not asked again by the runtime on top", async () => {
    const { objects, options } = objectsThat(() => Promise.resolve(HIT));
    await createObjectAuthority(objects).read(refTo("s"), T0);
    expect(options).toEqual([{ retry: { maxRetries: 0 } }]);
  });

  it("is unavailable when no stub of it can be had", async () => {
    const objects = {
      getByName() {
        throw new Error("Your account is generating too much load on Durable Objects.");
      },
    } as unknown as DurableObjectNamespace;
    expect(await createObjectAuthority(objects).read(refTo("s"), T0)).toMatchObject({ kind: "unavailable" });
  });

  it("is unavailable when it hangs past the deadline, which the attempts share", async () => {
    const { objects, count } = objectsThat((attempt) =>
      attempt === 1 ? Promise.reject(platformErrors.connectionLost()) : never(),
    );
    const found = await createObjectAuthority(objects, { deadlineMs: 20 }).read(refTo("s"), T0);
    expect(found).toEqual({ kind: "unavailable", cause: new Error("no answer within 20 ms") });
    expect(count.calls).toBe(2);
  });

  it("is given three seconds, unless told otherwise", async () => {
    vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: T0 });
    const found = createObjectAuthority(objectsThat(never).objects).read(refTo("s"), T0);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(await Promise.race([found, "under way"])).toBe("under way");
    await vi.advanceTimersByTimeAsync(1);
    expect(await found).toEqual({ kind: "unavailable", cause: new Error("no answer within 3000 ms") });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("may fail after the deadline without harm", async () => {
    let fail: (fault: Error) => void = () => {};
    const { objects } = objectsThat(() => new Promise((_, reject) => (fail = reject)));
    await createObjectAuthority(objects, { deadlineMs: 1 }).read(refTo("s"), T0);
    fail(thrownInside());
    await Promise.resolve();
  });

  it("is unavailable when its code is older and lacks the method", async () => {
    const objects = {
      getByName(id: string) {
        const stub = env.SESSION_OBJECT.getByName(id) as unknown as {
          takeOverOfNewerCode(ask: unknown): Promise<TakenOver>;
        };
        return { takeOver: (ask: unknown) => stub.takeOverOfNewerCode(ask) };
      },
    } as unknown as DurableObjectNamespace;
    const taken = await createObjectAuthority(objects).takeOver(uniqueId());
    expect(taken).toMatchObject({ kind: "unavailable", cause: expect.any(TypeError) });
    expect(String("cause" in taken && taken.cause)).toContain("does not implement");
  });
});

describe("a request to an object carries", () => {
  const copies: CopyPolicy = { replicate: "always", backup: "sync", strictBackup: true };
  const seen: TakenOver = { kind: "taken-over", seenAt: T0 };

  it("everything that the object is asked and that it writes outside of itself, in a single object", async () => {
    const { objects, asked } = objectsThat(() => Promise.resolve(seen));
    const authority = createObjectAuthority(objects, { copies });
    const change = changeAt(T0, { patches: [{}] });
    await authority.read(refTo("s"), T0);
    await authority.commit(refTo("s"), change);
    expect(await authority.takeOver("s")).toEqual(seen);
    expect(asked).toEqual([
      { ref: refTo("s"), copies },
      { ref: refTo("s"), change, copies },
      { id: "s", copies },
    ]);
  });

  it("to write nothing outside of itself, unless that is asked for", async () => {
    const { objects, asked } = objectsThat(() => Promise.resolve(seen));
    await createObjectAuthority(objects).takeOver("s");
    expect(asked).toEqual([{ id: "s", copies: { replicate: "off", backup: "off", strictBackup: false } }]);
  });

  it("the order to take its journal over, although there is no journal here: it says so", async () => {
    const taken = await createObjectAuthority(env.SESSION_OBJECT).takeOver(uniqueId());
    expect(taken).toEqual({ kind: "unavailable", cause: new Error("there is no journal to take over") });
  });
});

describe("objects behind a breaker", () => {
  let now: number;
  let breaker: Breaker;
  beforeEach(() => {
    now = T0;
    breaker = createBreaker({ name: "object", clock: () => now, random: () => 0 });
  });
  const notAsked = { kind: "unavailable", cause: new BreakerOpenError("object") };
  const change = changeAt(T0, { patches: [{}] });

  /** The state of the breaker and the number of calls after so many requests. */
  async function askedTimes(times: number, answer: Answer, deadlineMs = 3_000) {
    const { objects, count } = objectsThat(answer);
    const authority = createObjectAuthority(objects, { breaker, deadlineMs });
    for (let i = 0; i < times; i++) await authority.read(refTo(`s${i}`), T0);
    return { authority, count, state: breaker.state() };
  }

  it("are not asked after five consecutive failed calls, whatever is asked", async () => {
    const fault = Object.assign(new Error("internal error"), {});
    const { authority, count, state } = await askedTimes(5, () => Promise.reject(fault));
    expect([state, count]).toEqual(["open", { stubs: 5, calls: 5 }]);
    expect(await authority.read(refTo("s"), T0)).toEqual(notAsked);
    expect(await authority.commit(refTo("s"), change)).toEqual(notAsked);
    expect(await authority.takeOver("s")).toEqual(notAsked);
    expect(count.calls).toBe(5);
  });

  it("are asked once more by a call whose repetition counts as part of it", async () => {
    const { count, state } = await askedTimes(4, () => Promise.reject(platformErrors.connectionLost()));
    expect([state, count.calls]).toEqual(["closed", 8]);
    const first = await askedTimes(1, () => Promise.reject(platformErrors.connectionLost()));
    expect(first.state).toBe("open");
  });

  it("are not asked after five that hung", async () => {
    const { count, state } = await askedTimes(6, never, 1);
    expect([state, count.calls]).toEqual(["open", 5]);
  });

  it("are not asked when no stub can be had", async () => {
    const objects = {
      getByName() {
        throw new Error("Your account is generating too much load on Durable Objects.");
      },
    } as unknown as DurableObjectNamespace;
    const authority = createObjectAuthority(objects, { breaker });
    for (let i = 0; i < 5; i++) await authority.takeOver("s");
    expect(breaker.state()).toBe("open");
  });

  it.each([
    ["is overloaded", platformErrors.overloaded],
    ["throws", thrownInside],
  ])("are asked on when one of them %s: it has answered", async (_what, fault) => {
    const { count, state } = await askedTimes(20, () => Promise.reject(fault()));
    expect([state, count.calls]).toEqual(["closed", 20]);
  });

  it("are asked on when an object lacks the method because its code is older", async () => {
    const { state } = await askedTimes(20, () => Promise.reject(missingMethod()));
    expect(state).toBe("closed");
  });

  it.each<[string, () => Promise<Lookup>]>([
    ["an answer", () => Promise.resolve(HIT)],
    ["a miss", () => Promise.resolve({ kind: "miss" })],
    [
      "that an object could not reach a store of its own",
      () => Promise.resolve({ kind: "unavailable", cause: "Redis" }),
    ],
    ["that one is overloaded", () => Promise.reject(platformErrors.overloaded())],
  ])("are asked again after half a second; %s closes it", async (_what, answer) => {
    let answers: Answer = () => Promise.reject(new Error("internal error"));
    const { authority } = await askedTimes(5, (attempt) => answers(attempt));
    now += 499;
    expect(await authority.read(refTo("s"), T0)).toEqual(notAsked);
    now += 1;
    answers = answer;
    await authority.read(refTo("s"), T0);
    expect(breaker.state()).toBe("closed");
  });

  it("count a failure anew after an answer that needed a second attempt", async () => {
    const { state } = await askedTimes(20, (attempt) =>
      attempt % 2 === 1 ? Promise.reject(platformErrors.connectionLost()) : Promise.resolve(HIT),
    );
    expect(state).toBe("closed");
  });
});

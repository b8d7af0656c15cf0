import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Committed, Lookup } from "../../src/store/contracts.ts";
import { createObjectAuthority } from "../../src/store/object-authority.ts";
import { platformFaults } from "../support/platform-faults.ts";
import { changeAt, copyOf, refTo, uniqueId } from "../support/sessions.ts";
import { T0 } from "../support/time.ts";
import { testAuthority } from "./authority.suite.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: T0 }));
afterEach(() => vi.useRealTimers());

testAuthority("Durable Objects", {
  create: () => createObjectAuthority(env.SESSION_OBJECT),
  createUnreachable: () =>
    createObjectAuthority(objectsThat(() => Promise.reject(platformFaults.connectionLost())).objects),
  setClock: (now) => vi.setSystemTime(now),
  gaps: [],
});

type Answer = (attempt: number) => Promise<Lookup | Committed>;

/** A namespace whose objects answer as told. `stubs` counts those that were made, `calls` the calls. */
function objectsThat(answer: Answer) {
  const count = { stubs: 0, calls: 0 };
  const options: unknown[] = [];
  const ask = () => {
    count.calls++;
    return answer(count.calls);
  };
  const objects = {
    getByName(_id: string, given: unknown) {
      count.stubs++;
      options.push(given);
      return { read: ask, commit: ask };
    },
  };
  return { objects: objects as unknown as DurableObjectNamespace, count, options };
}

const HIT: Lookup = { kind: "hit", copy: copyOf("s") };
const never = () => new Promise<never>(() => {});

describe("an object that fails", () => {
  it.each([
    ["a connection that was lost", platformFaults.connectionLost],
    ["an object that was just replaced by new code", platformFaults.codeUpdated],
  ])("is asked once more, by a fresh stub, after %s", async (_what, fault) => {
    const { objects, count } = objectsThat((attempt) =>
      attempt === 1 ? Promise.reject(fault()) : Promise.resolve(HIT),
    );
    expect(await createObjectAuthority(objects).read(refTo("s"), T0)).toEqual(HIT);
    expect(count).toEqual({ stubs: 2, calls: 2 });
  });

  it("is not asked a third time", async () => {
    const { objects, count } = objectsThat(() => Promise.reject(platformFaults.connectionLost()));
    expect(await createObjectAuthority(objects).commit(refTo("s"), changeAt(T0, {}))).toEqual({
      kind: "unavailable",
      cause: platformFaults.connectionLost(),
    });
    expect(count).toEqual({ stubs: 2, calls: 2 });
  });

  it.each([
    ["it is overloaded, though that is called retryable", platformFaults.overloaded],
    ["its code has thrown", platformFaults.thrownInside],
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
      attempt === 1 ? Promise.reject(platformFaults.connectionLost()) : never(),
    );
    const found = await createObjectAuthority(objects, { deadlineMs: 20 }).read(refTo("s"), T0);
    expect(found).toEqual({ kind: "unavailable", cause: new Error("no answer within 20 ms") });
    expect(count.calls).toBe(2);
  });

  it("may fail after the deadline without harm", async () => {
    let fail: (fault: Error) => void = () => {};
    const { objects } = objectsThat(() => new Promise((_, reject) => (fail = reject)));
    await createObjectAuthority(objects, { deadlineMs: 1 }).read(refTo("s"), T0);
    fail(platformFaults.thrownInside());
    await Promise.resolve();
  });

  it("is unavailable when its code is older and lacks the method", async () => {
    const objects = {
      getByName(id: string) {
        const stub = env.SESSION_OBJECT.getByName(id) as unknown as {
          commitOfNewerCode(ask: unknown): Promise<Committed>;
        };
        return { commit: (ask: unknown) => stub.commitOfNewerCode(ask) };
      },
    } as unknown as DurableObjectNamespace;
    const committed = await createObjectAuthority(objects).commit(refTo(uniqueId()), changeAt(T0, { patches: [{}] }));
    expect(committed).toMatchObject({ kind: "unavailable", cause: expect.any(TypeError) });
    expect(String("cause" in committed && committed.cause)).toContain("does not implement");
  });
});

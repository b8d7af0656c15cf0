import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withinDeadline } from "../../src/lib/deadline.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

const pending = () => Promise.withResolvers<string>();

describe("work with a deadline", () => {
  it("that is done in time gives its outcome", async () => {
    const { promise, resolve } = pending();
    const within = withinDeadline(promise, 100);
    await vi.advanceTimersByTimeAsync(99);
    resolve("done");
    expect(await within).toBe("done");
  });

  it("that fails in time gives its fault, as it was thrown", async () => {
    const fault = { of: "any kind" };
    await expect(withinDeadline(Promise.reject(fault), 100)).rejects.toBe(fault);
  });

  it("that takes longer is given up with the time that it had", async () => {
    const within = withinDeadline(pending().promise, 100);
    const given = within.catch((fault: Error) => fault);
    await vi.advanceTimersByTimeAsync(99);
    expect(await Promise.race([given, "under way"])).toBe("under way");
    await vi.advanceTimersByTimeAsync(1);
    expect(await given).toEqual(new Error("no answer within 100 ms"));
  });

  it("may be done or fail after that, without harm", async () => {
    const [one, other] = [pending(), pending()];
    const both = [one, other].map(({ promise }) => withinDeadline(promise, 100).catch(() => "given up"));
    await vi.advanceTimersByTimeAsync(100);
    one.resolve("done");
    other.reject(new Error("late"));
    expect(await Promise.all(both)).toEqual(["given up", "given up"]);
  });
});

describe("the timer", () => {
  it.each([
    ["is done", () => Promise.resolve("done")],
    ["fails", () => Promise.reject(new Error("failed"))],
  ])("is cleared when the work %s: what waits would keep an object in memory", async (_what, work) => {
    const within = withinDeadline(work(), 100).catch(() => {});
    expect(vi.getTimerCount()).toBe(1);
    await within;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is gone when it has fired", async () => {
    const within = withinDeadline(pending().promise, 100).catch(() => {});
    await vi.advanceTimersByTimeAsync(100);
    await within;
    expect(vi.getTimerCount()).toBe(0);
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { createBreaker } from "../../../src/store/breaker.ts";
import { ASK_EVERY_MS, createRevocation, type EndStore, endsInKv } from "../../../src/store/cookie/revocation.ts";
import { T0 } from "../../support/time.ts";

afterEach(() => vi.useRealTimers());

const revocationOn = (store: Partial<EndStore>) =>
  createRevocation(
    { get: async () => null, put: async () => {}, ...store },
    createBreaker({ name: "revocation", clock: () => T0, random: () => 0 }),
  );

describe("the end of a session", () => {
  it("is final for an isolate that knows it, whatever the store says later", async () => {
    const revocation = revocationOn({});
    await revocation.end("s", T0, T0 + 1_000);
    expect(await revocation.ask("s", T0 + 2 * ASK_EVERY_MS)).toEqual({ kind: "ended", at: T0 });
  });

  it("is not forgotten by an answer that was under way when it came", async () => {
    let answer: (value: string | null) => void = () => {};
    const revocation = revocationOn({ get: () => new Promise((resolve) => (answer = resolve)) });
    const asked = revocation.ask("s", T0);
    await revocation.end("s", T0, T0 + 1_000);
    answer(null);
    await asked;
    expect(await revocation.ask("s", T0 + 1)).toEqual({ kind: "ended", at: T0 });
  });

  it("may be, for all that is known, if the store says nothing for a second", async () => {
    vi.useFakeTimers();
    const asked = revocationOn({ get: () => new Promise(() => {}) }).ask("s", T0);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asked).toMatchObject({ kind: "unavailable" });
  });

  it("is kept in KV for longer than the minute below which KV refuses a value", async () => {
    const expirations: number[] = [];
    const ends = endsInKv({
      get: async () => null,
      put: async (_key, _value, { expiration }) => void expirations.push(expiration),
    });
    await ends.put("s", String(T0), T0 + 1_000);
    await ends.put("s", String(T0), T0 + 3_600_000);
    expect(expirations).toEqual([T0 / 1_000 + 70, T0 / 1_000 + 3_600]);
  });
});

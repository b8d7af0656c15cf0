import { describe, expect, it } from "vitest";
import { createOrigin, type Fetch } from "../../src/origin/index.ts";
import { answer, ISSUER, k1, k2, NOW, originWith, POOL, SID } from "./moor.ts";

/** An origin whose clock and whose Moor's published keys the test moves; `now` is in seconds. */
function movable(state: { now: number; fetch: Fetch }) {
  return originWith({
    now: () => state.now * 1000,
    clockToleranceSeconds: 60,
    fetch: (url, init) => state.fetch(url, init),
  });
}

const publishes =
  (...keys: unknown[]): Fetch =>
  async () =>
    answer({ keys });
const unreachable: Fetch = async () => {
  throw new TypeError("connection refused");
};

describe("Moor's public keys", () => {
  it("are read on first use, from the issuer, and kept", async () => {
    const { session, asked } = originWith();
    expect(asked).toEqual([]);
    for (const signer of [k1, k1, k2]) await session(await signer.sign());
    expect(asked.map(({ url }) => url)).toEqual([`${ISSUER}/.moor/jwks.json`]);
  });

  it("are read once for requests that arrive together", async () => {
    const { session, asked } = originWith();
    const handoffs = await Promise.all([k1.sign(), k2.sign(), k1.sign()]);
    await Promise.all(handoffs.map((handoff) => session(handoff)));
    expect(asked).toHaveLength(1);
  });

  it("are read again when one is rotated in", async () => {
    const state = { now: NOW, fetch: publishes(k1.jwk) };
    const { session } = movable(state);
    await session(await k1.sign());
    state.now += 31;
    state.fetch = publishes(k1.jwk, k2.jwk);
    expect((await session(await k2.sign())).id).toBe(SID);
  });

  it("stop counting when they are no longer published", async () => {
    const state = { now: NOW, fetch: publishes(k1.jwk) };
    const { session } = movable(state);
    await session(await k1.sign());
    state.now += 31;
    state.fetch = publishes(k2.jwk);
    await session(await k2.sign());
    await expect(session(await k1.sign())).rejects.toMatchObject({ code: "handoff-untrusted" });
  });

  it("are not read more than once per 30 seconds for kids that do not exist", async () => {
    const state = { now: NOW, fetch: publishes(k1.jwk) };
    const { session, asked } = movable(state);
    const unknown = await k2.sign();
    const ask = () => expect(session(unknown)).rejects.toMatchObject({ code: "handoff-untrusted" });
    await Promise.all([ask(), ask(), ask()]);
    state.now += 29;
    await ask();
    expect(asked).toHaveLength(1);
    state.now += 1;
    await ask();
    expect(asked).toHaveLength(2);
  });

  it("stay in use when reading them again fails", async () => {
    const state = { now: NOW, fetch: publishes(k1.jwk) };
    const { session } = movable(state);
    await session(await k1.sign());
    state.now += 31;
    state.fetch = unreachable;
    await expect(session(await k2.sign())).rejects.toMatchObject({ code: "keys-unavailable" });
    expect((await session(await k1.sign())).id).toBe(SID);
  });

  it.each<[string, Fetch]>([
    ["Moor cannot be reached", unreachable],
    ["Moor answers with an error", async () => answer({ keys: [k1.jwk] }, 503)],
    ["the answer is no JSON", async () => ({ status: 200, json: () => Promise.reject(new SyntaxError("<html>")) })],
    ["the answer is no key set", async () => answer([k1.jwk])],
    ["a key is broken", publishes({ ...k1.jwk, x: "AAAA" })],
  ])("are unavailable if %s, and asked for anew by the next request", async (_why, fetch) => {
    const state = { now: NOW, fetch };
    const { session } = movable(state);
    await expect(session(await k1.sign())).rejects.toMatchObject({
      code: "keys-unavailable",
      cause: expect.any(Error),
    });
    state.fetch = publishes(k1.jwk);
    expect((await session(await k1.sign())).id).toBe(SID);
  });

  it("are unavailable after the timeout", async () => {
    const fetch: Fetch = (_url, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { session } = originWith({ timeoutMs: 1, fetch });
    await expect(session(await k1.sign())).rejects.toMatchObject({
      code: "keys-unavailable",
      cause: { name: "TimeoutError" },
    });
  });

  it("do not wait for ever on a request that was cancelled while it read them", async () => {
    const state: { now: number; fetch: Fetch } = { now: NOW, fetch: () => new Promise(() => {}) };
    const { session } = movable(state);
    session(await k1.sign()).catch(() => {});
    await Promise.resolve();
    state.now += 6;
    state.fetch = publishes(k1.jwk);
    expect((await session(await k1.sign())).id).toBe(SID);
  });

  it("ignores keys of other kinds (RFC 7517, section 5)", async () => {
    const others = [
      { ...k2.jwk, use: "enc" },
      { ...k2.jwk, alg: "ECDH-ES" },
      { kty: "oct", kid: "k2", k: "AAAA" },
      null,
    ];
    const { session } = originWith({ fetch: publishes(...others, k1.jwk) });
    expect((await session(await k1.sign())).id).toBe(SID);
    await expect(session(await k2.sign())).rejects.toMatchObject({ code: "handoff-untrusted" });
  });
});

describe("createOrigin", () => {
  it.each([
    [{ issuer: "shop.example.com" }, '"issuer" must be an http or https URL, not "shop.example.com"'],
    [{ issuer: "file:///etc" }, '"issuer" must be an http or https URL'],
    [{ moorUrl: "http://127.0.0.1:8787/?a" }, '"moorUrl" must be an http or https URL'],
    [{ audience: "" }, '"audience" must be the id of a pool'],
    [{ timeoutMs: 0 }, '"timeoutMs" must be a number from 1 to 60000, not 0'],
    [{ clockToleranceSeconds: 61 }, '"clockToleranceSeconds" must be a number from 0 to 60, not 61'],
    [{ clockToleranceSeconds: Number.NaN }, "not NaN"],
  ])("refuses %j", (options, message) => {
    const make = () => createOrigin({ issuer: ISSUER, audience: POOL, ...options });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(message);
  });
});

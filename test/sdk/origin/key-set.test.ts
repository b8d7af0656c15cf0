import { describe, expect, it, vi } from "vitest";
import { createOrigin, type Fetch, type MoorOriginError } from "../../../src/sdk/origin/index.ts";
import { answer, ISSUER, k1, k2, NOW, originWith, POOL, SID, type Signer, signerOf } from "./moor.ts";

/** An origin whose clock and whose Moor's published keys the test moves; `now` is in seconds. */
function movable(fetch: Fetch) {
  const state = { now: NOW, fetch };
  const { session, asked } = originWith({
    now: () => state.now * 1000,
    fetch: (url, init) => state.fetch(url, init),
  });
  const times = () => ({ iat: state.now, exp: state.now + 60 });
  return {
    state,
    reads: () => asked.length,
    /** The result for a handoff that a key has signed just now: the id of its session, or the code of an error. */
    becomesOf: async (signer: Signer) =>
      session(await signer.sign(times())).then(
        ({ id }) => id,
        (error: MoorOriginError) => error.code,
      ),
  };
}

const publishes =
  (...keys: unknown[]): Fetch =>
  async () =>
    answer({ keys });
const publishesFor =
  (headers: Record<string, string>, ...keys: unknown[]): Fetch =>
  async () =>
    answer({ keys }, 200, headers);
const unreachable: Fetch = async () => {
  throw new TypeError("connection refused");
};
/** Another key under the kid of `k1`. */
const other1 = await signerOf("k1");
const k3 = await signerOf("k3");

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

  it("are read again when a key is rotated in, however soon after they were read", async () => {
    const { state, becomesOf } = movable(publishes(k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.fetch = publishes(k1.jwk, k2.jwk);
    expect(await becomesOf(k2)).toBe(SID);
  });

  it("are read again for a signature that the key of its kid does not fit", async () => {
    const { state, becomesOf, reads } = movable(publishes(k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.fetch = publishes(other1.jwk);
    expect(await becomesOf(other1)).toBe(SID);
    expect(await becomesOf(k1)).toBe("handoff-untrusted");
    expect(reads()).toBe(2);
  });

  it("stop counting when they are no longer published", async () => {
    const { state, becomesOf } = movable(publishes(k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.fetch = publishes(k2.jwk);
    expect(await becomesOf(k2)).toBe(SID);
    expect(await becomesOf(k1)).toBe("handoff-untrusted");
  });

  it("stop counting for a handoff that was verified before they left", async () => {
    const state = { now: NOW, fetch: publishesFor({ "Cache-Control": "max-age=30" }, k1.jwk) };
    const { session } = originWith({ now: () => state.now * 1000, fetch: (url, init) => state.fetch(url, init) });
    const handoff = await k1.sign();
    expect((await session(handoff)).id).toBe(SID);
    state.fetch = publishes(k2.jwk);
    state.now += 29;
    expect((await session(handoff)).id).toBe(SID);
    state.now += 1;
    await expect(session(handoff)).rejects.toMatchObject({ code: "handoff-untrusted" });
  });

  it.each([0, 1, 24, 24 * 30])("do not count %i hours after they have left the ring by its steps", async (hours) => {
    const { state, becomesOf } = movable(publishes(k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.now += 60;
    state.fetch = publishes(k1.jwk, k2.jwk);
    expect(await becomesOf(k1)).toBe(SID);
    state.now += 600;
    state.fetch = publishes(k2.jwk, k1.jwk);
    expect(await becomesOf(k2)).toBe(SID);
    state.now += 600 + hours * 3600;
    state.fetch = publishes(k2.jwk);
    expect(await becomesOf(k1)).toBe("handoff-untrusted");
    expect(await becomesOf(k2)).toBe(SID);
  });

  it.each<[string, Record<string, string>, number]>([
    ["nothing", {}, 300],
    ["that anybody may keep them", { "Cache-Control": "public" }, 300],
    ["two minutes", { "Cache-Control": "public, max-age=120" }, 120],
    ["two minutes in capitals and quotes", { "Cache-Control": 'Public,MAX-AGE="120"' }, 120],
    ["two minutes, one of which a cache has used up", { "Cache-Control": "max-age=120", Age: "60" }, 60],
    ["more than five minutes", { "Cache-Control": "max-age=86400" }, 300],
    ["less than half a minute", { "Cache-Control": "max-age=1" }, 30],
    ["a day, all of which a cache has used up", { "Cache-Control": "max-age=86400", Age: "90000" }, 30],
    ["that they may not be kept", { "Cache-Control": "no-store" }, 30],
    ["that they are to be asked for", { "Cache-Control": "max-age=120, no-cache" }, 30],
    ["something of the kind for shared caches", { "Cache-Control": "s-maxage=60, x-max-age=60" }, 300],
  ])("count for as long as their answer says: %s", async (_what, headers, seconds) => {
    const { state, becomesOf, reads } = movable(publishesFor(headers, k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.fetch = publishesFor(headers, k2.jwk);
    state.now += seconds - 1;
    expect([await becomesOf(k1), reads()]).toEqual([SID, 1]);
    state.now += 1;
    expect([await becomesOf(k1), reads()]).toEqual(["handoff-untrusted", 2]);
  });

  it("are not read more than once per five seconds for handoffs that nothing fits", async () => {
    const { state, becomesOf, reads } = movable(publishes(k1.jwk));
    const stranger = () => Promise.all([becomesOf(k2), becomesOf(other1), becomesOf(k2)]);
    const untrusted = Array(3).fill("handoff-untrusted");
    expect([await becomesOf(k1), reads()]).toEqual([SID, 1]);
    expect([await stranger(), reads()]).toEqual([untrusted, 2]);
    state.now += 4;
    expect([await stranger(), reads()]).toEqual([untrusted, 2]);
    state.now += 1;
    expect([await stranger(), reads()]).toEqual([untrusted, 3]);
  });

  it.each([
    ["of an unknown kid", k2],
    ["under a known kid", other1],
  ])(
    "are read in five seconds for a new key, though a caller sends forged handoffs %s all the time",
    async (_what, forger) => {
      const { state, becomesOf } = movable(publishes(k1.jwk));
      expect(await becomesOf(k1)).toBe(SID);
      expect(await becomesOf(forger)).toBe("handoff-untrusted");
      state.fetch = publishes(k3.jwk);
      const seen = [];
      for (let second = 0; second <= 5; second++, state.now++) {
        seen.push(await becomesOf(forger), await becomesOf(k3));
      }
      expect(seen.lastIndexOf("handoff-untrusted")).toBe(10);
      expect(seen.indexOf(SID)).toBe(11);
      expect(await becomesOf(k1)).toBe("handoff-untrusted");
    },
  );

  it("are read at once for a new key, though a caller sends handoffs before it that are malformed", async () => {
    let published = [k1.jwk];
    const { session, asked } = originWith({ fetch: async () => answer({ keys: published }) });
    await session(await k1.sign());
    published = [k3.jwk];
    const malformed = ["junk", "a.b.c", await k2.sign({}, { typ: "x" }), await k2.sign({}, { kid: 1 })];
    for (const handoff of malformed) {
      await expect(session(handoff)).rejects.toMatchObject({ code: "handoff-malformed" });
    }
    expect(asked).toHaveLength(1);
    expect((await session(await k3.sign())).id).toBe(SID);
  });

  it("stay in use when reading them for an unknown kid fails", async () => {
    const { state, becomesOf } = movable(publishes(k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.fetch = unreachable;
    expect(await becomesOf(k2)).toBe("keys-unavailable");
    expect(await becomesOf(other1)).toBe("keys-unavailable");
    expect(await becomesOf(k1)).toBe(SID);
  });

  it("stay in use for an hour after they were read while they cannot be read again, which is tried every 30 seconds", async () => {
    const { state, becomesOf, reads } = movable(publishes(k1.jwk));
    expect(await becomesOf(k1)).toBe(SID);
    state.fetch = unreachable;
    state.now += 300;
    for (const seconds of [0, 29, 1]) {
      state.now += seconds;
      expect(await becomesOf(k1)).toBe(SID);
    }
    expect(reads()).toBe(3);
    state.now = NOW + 3_599;
    expect(await becomesOf(k1)).toBe(SID);
    state.now = NOW + 3_600;
    expect(await becomesOf(k1)).toBe("keys-unavailable");
    state.fetch = publishes(k2.jwk);
    expect(await becomesOf(k1)).toBe("handoff-untrusted");
    expect(await becomesOf(k2)).toBe(SID);
  });

  it.each<[string, Fetch]>([
    ["Moor cannot be reached", unreachable],
    ["Moor answers with an error", async () => answer({ keys: [k1.jwk] }, 503)],
    ["the answer is no JSON", async () => ({ ...answer(""), json: () => Promise.reject(new SyntaxError("<html>")) })],
    ["the answer is no key set", async () => answer([k1.jwk])],
    ["a key is broken", publishes({ ...k1.jwk, x: "AAAA" })],
  ])("are unavailable if %s, and asked for anew by the next request", async (_why, fetch) => {
    const { state, becomesOf } = movable(fetch);
    expect(await becomesOf(k1)).toBe("keys-unavailable");
    state.fetch = publishes(k1.jwk);
    expect(await becomesOf(k1)).toBe(SID);
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
    const { state, becomesOf, reads } = movable(() => new Promise(() => {}));
    void becomesOf(k1);
    await vi.waitUntil(() => reads() === 1);
    state.now += 6;
    state.fetch = publishes(k1.jwk);
    expect(await becomesOf(k1)).toBe(SID);
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

import { describe, expect, it } from "vitest";
import { createEnvelopes, type Started } from "../../src/login/envelope.ts";
import { macRing } from "../support/rings.ts";

const ring = macRing(1);
const started: Started = { session: "s".repeat(22), generation: 3, to: "/orders/7?tab=2", at: 1, tries: 0 };
/** The id of the flow comes first. */
const ID_CHARACTERS = 22;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("the envelope of a login", () => {
  it("opens to what was sealed, with the same nonce and verifier", async () => {
    const envelopes = createEnvelopes(ring);
    const sealed = await envelopes.seal(started);
    expect(await envelopes.open(sealed.state)).toEqual({ ...started, ...sealed });
  });

  it("shows nothing of what it holds", async () => {
    const { state } = await createEnvelopes(ring).seal(started);
    const sealed = state.slice(ID_CHARACTERS);
    expect(atob(sealed.replaceAll("-", "+").replaceAll("_", "/"))).not.toContain("orders");
  });

  it("has a verifier of 44 characters, and a nonce that does not tell it", async () => {
    const { nonce, verifier } = await createEnvelopes(ring).seal(started);
    expect(verifier).toMatch(/^[\w-]{44}$/);
    expect(nonce).not.toBe(verifier);
  });

  it("has another verifier and another nonce for each login", async () => {
    const envelopes = createEnvelopes(ring);
    const sealed = await Promise.all([started, started].map(envelopes.seal));
    expect(new Set(sealed.flatMap(({ nonce, verifier }) => [nonce, verifier])).size).toBe(4);
  });

  it("does not open if one character was changed, whichever it is", async () => {
    const envelopes = createEnvelopes(ring);
    const { state } = await envelopes.seal(started);
    for (let at = 0; at < state.length; at++) {
      for (const other of [ALPHABET[(ALPHABET.indexOf(state[at] as string) + 1) % 64], "A", "_"]) {
        if (other === state[at]) continue;
        const changed = state.slice(0, at) + other + state.slice(at + 1);
        expect(await envelopes.open(changed), `${at}: ${other}`).toBeUndefined();
      }
    }
  });

  it.each(["", "A", "AQ", "not base64url!", "A".repeat(400)])(
    "does not open a text that nobody sealed: %j",
    async (text) => {
      expect(await createEnvelopes(ring).open(text)).toBeUndefined();
    },
  );

  it("is finished by the key that it began with, while that key is in the ring", async () => {
    const [next] = macRing(2);
    const sealed = await createEnvelopes(ring).seal(started);
    const rotated = createEnvelopes([next, ring[0]]);
    expect(await rotated.open(sealed.state)).toEqual({ ...started, ...sealed });
    expect(await createEnvelopes([next]).open(sealed.state)).toBeUndefined();
  });
});

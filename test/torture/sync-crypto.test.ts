/** @quick */
import type { webcrypto } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createRandom } from "./random.ts";
import { createSyncCrypto, installSyncCrypto } from "./sync-crypto.ts";

const real = globalThis.crypto;
const random = createRandom(7);
const ours = createSyncCrypto(random) as unknown as webcrypto.Crypto;
const bytes = (length: number) => real.getRandomValues(new Uint8Array(length));
const text = (value: string) => new TextEncoder().encode(value);
const both = <T>(work: (crypto: webcrypto.Crypto) => Promise<T>) => Promise.all([work(ours), work(real)]);
const hex = (buffer: ArrayBuffer) => Buffer.from(buffer).toString("hex");

async function sessionKey({ subtle }: webcrypto.Crypto, secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: text("moor store x") };
  return subtle.deriveKey(derivation, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

const gcm = (iv: Uint8Array<ArrayBuffer>, about = "about") => ({ name: "AES-GCM", iv, additionalData: text(about) });

describe("the stand-in for Web Crypto", () => {
  it.each([0, 1, 16, 63, 1_000])("digests %d bytes as the real one does", async (length) => {
    const data = bytes(length);
    const [own, true_] = await both(({ subtle }) => subtle.digest("SHA-256", data));
    expect(hex(own)).toBe(hex(true_));
  });

  it.each([1, 32, 64, 200])("signs with a key of %d bytes as the real one does", async (length) => {
    const [secret, data] = [bytes(length), bytes(47)];
    const [own, true_] = await both(async ({ subtle }) => {
      const key = await subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      return subtle.sign("HMAC", key, data);
    });
    expect(hex(own)).toBe(hex(true_));
  });

  it("derives the same key and seals to the same bytes", async () => {
    const [secret, iv] = [bytes(32), bytes(12)];
    const [own, true_] = await both(async (crypto) =>
      crypto.subtle.encrypt(gcm(iv), await sessionKey(crypto, secret), text("a text")),
    );
    expect(hex(own)).toBe(hex(true_));
  });

  it("opens texts that the real one has sealed, and the real one opens its texts", async () => {
    const [secret, iv] = [bytes(32), bytes(12)];
    const [own, true_] = await both((crypto) => sessionKey(crypto, secret));
    const sealed = await real.subtle.encrypt(gcm(iv), true_, text("a text"));
    expect(Buffer.from(await ours.subtle.decrypt(gcm(iv), own, sealed)).toString()).toBe("a text");
    const sealedByOurs = await ours.subtle.encrypt(gcm(iv), own, text("a text"));
    expect(Buffer.from(await real.subtle.decrypt(gcm(iv), true_, sealedByOurs)).toString()).toBe("a text");
  });

  it.each([
    ["was sealed about something else", "other", (sealed: Uint8Array) => sealed],
    ["is damaged", "about", (sealed: Uint8Array) => sealed.with(0, (sealed[0] as number) ^ 1)],
    ["is cut", "about", (sealed: Uint8Array) => sealed.subarray(0, -1)],
    ["is shorter than a tag", "about", (sealed: Uint8Array) => sealed.subarray(0, 5)],
  ])("throws the real one's error for what %s", async (_what, about, spoil) => {
    const [secret, iv] = [bytes(32), bytes(12)];
    const faults = await both(async (crypto) => {
      const key = await sessionKey(crypto, secret);
      const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm(iv), key, text("a text")));
      return crypto.subtle.decrypt(gcm(iv, about), key, spoil(sealed) as Uint8Array<ArrayBuffer>).then(
        () => "opened",
        (fault: unknown) => (fault instanceof DOMException ? fault.name : fault),
      );
    });
    expect(faults).toEqual(["OperationError", "OperationError"]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["another hash", () => ours.subtle.digest("SHA-1", new Uint8Array())],
    ["another kind of key", () => ours.subtle.importKey("pkcs8", bytes(32), "HMAC", false, [])],
    [
      "a key of another use",
      async () => ours.subtle.sign("HMAC", await ours.subtle.importKey("raw", bytes(32), "HKDF", false, []), bytes(1)),
    ],
  ])("refuses %s", (_what, use) => expect(use()).rejects.toMatchObject({ name: "NotSupportedError" }));

  it("makes identifiers of version 4", () =>
    expect(ours.randomUUID()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));

  it("makes the draws that its seed decides", () => {
    const draws = [1, 1, 2].map((seed) => createSyncCrypto(createRandom(seed)).randomUUID());
    expect(draws[0]).toBe(draws[1]);
    expect(draws[0]).not.toBe(draws[2]);
  });
});

describe("installed", () => {
  let uninstall: (() => void) | undefined;
  afterEach(() => uninstall?.());

  it("takes the place of crypto until it is taken away", () => {
    uninstall = installSyncCrypto(createRandom(1));
    expect(globalThis.crypto).not.toBe(real);
    const drawn = crypto.randomUUID();
    uninstall();
    expect(globalThis.crypto).toBe(real);
    uninstall = installSyncCrypto(createRandom(1));
    expect(crypto.randomUUID()).toBe(drawn);
  });
});

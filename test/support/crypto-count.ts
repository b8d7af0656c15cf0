import { vi } from "vitest";

const CALLS = ["sign", "verify", "digest", "importKey", "deriveBits", "encrypt", "decrypt"] as const;

/** How many calls of Web Crypto `work` makes; the calls go through. */
export async function countCrypto(work: () => Promise<unknown>): Promise<number> {
  const spies = CALLS.map((name) => vi.spyOn(crypto.subtle, name));
  try {
    await work();
    return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

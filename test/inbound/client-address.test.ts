import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createClientAddress } from "../../src/inbound/client-address.ts";

const CDN = ["203.0.113.0/24", "2001:db8:cd::/48"];

/** The client's address, for a peer of Cloudflare's and the `X-Forwarded-For` that it has sent. */
function read(peer: string | undefined, chain?: string, trusted = CDN): string | undefined {
  const headers = new Headers();
  if (peer !== undefined) headers.set("CF-Connecting-IP", peer);
  if (chain !== undefined) headers.set("X-Forwarded-For", chain);
  return createClientAddress(trusted)?.(headers);
}

describe("the address of a client", () => {
  it("needs no reader where no proxy is trusted", () => expect(createClientAddress([])).toBeUndefined());

  it.each<[string, string | undefined, string | undefined, string | undefined]>([
    ["of a peer that is no trusted proxy is the peer's", "192.0.2.7", "198.51.100.1", "192.0.2.7"],
    ["behind a trusted proxy is the address that the proxy appended", "203.0.113.9", "198.51.100.1", "198.51.100.1"],
    ["is not one that the client made up", "203.0.113.9", "10.0.0.1, 198.51.100.1", "198.51.100.1"],
    [
      "may come before several trusted proxies",
      "203.0.113.9",
      "198.51.100.1,203.0.113.5 , 203.0.113.9",
      "198.51.100.1",
    ],
    ["may be IPv6, in any spelling", "2001:DB8:cd::9", "2001:0DB8:1::0001", "2001:db8:1::1"],
    ["is the last proxy's where a proxy appended no address", "203.0.113.9", "198.51.100.1, unknown", "203.0.113.9"],
    ["is the last proxy's where a proxy appended nothing", "203.0.113.9", "198.51.100.1, ", "203.0.113.9"],
    ["is the first proxy's where nothing stands before it", "203.0.113.9", "203.0.113.5", "203.0.113.5"],
    ["is the proxy's without the header", "203.0.113.9", undefined, "203.0.113.9"],
    ["is unknown without a peer", undefined, "198.51.100.1", undefined],
  ])("%s", (_what, peer, chain, expected) => expect(read(peer, chain)).toBe(expected));

  it.each([
    ["203.0.113.128", "203.0.113.128/25", true],
    ["203.0.113.127", "203.0.113.128/25", false],
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.8", "203.0.113.7", false],
    ["2001:db8:cd:1::1", "2001:db8:cd::/47", true],
    ["2001:db8:ce::1", "2001:db8:cc::/47", false],
    ["203.0.113.7", "2001:db8::/32", false],
    ["203.0.113.7", "::ffff:203.0.113.0/120", true],
    ["203.0.114.7", "::ffff:203.0.113.0/120", false],
    ["203.0.113.7", "::ffff:203.0.113.7", true],
    ["::ffff:203.0.113.7", "::ffff:203.0.113.0/120", true],
    ["2001:db8::1", "::ffff:203.0.113.0/120", false],
  ])("of the peer %s with the trusted block %s is read in the header: %s", (peer, block, isTrusted) => {
    expect(read(peer, "198.51.100.1", [block])).toBe(isTrusted ? "198.51.100.1" : peer);
  });

  it("never depends on anything to the left of the first address that is no trusted proxy", () => {
    const untrusted = fc.ipV4().filter((address) => !address.startsWith("203.0.113."));
    const forged = fc.array(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(..."0.:,a ") })));
    const proxies = fc.array(fc.nat(255).map((last) => `203.0.113.${last}`));
    fc.assert(
      fc.property(forged, untrusted, proxies, (left, client, right) => {
        expect(read("203.0.113.9", [...left, client, ...right].join(", "))).toBe(client);
      }),
    );
  });
});

import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../../src/lib/ip-address.ts";
import { crc32 } from "../../../../src/upstream/choose/nginx/crc32.ts";
import { createNginxMapping, type NginxAlgorithm } from "../../../../src/upstream/choose/nginx/mapping.ts";

const SERVERS = [
  { name: "10.0.0.1:8080", weight: 1, down: false },
  { name: "10.0.0.2:8080", weight: 2, down: false },
  { name: "app3.internal", weight: 1, down: false },
  { name: "[2001:db8::4]:8080", weight: 3, down: false },
  { name: "unix:/run/app5.sock", weight: 1, down: false },
];
const text = (key: string) => new TextEncoder().encode(key);
const address = (ip: string) => {
  const bytes = parseAddress(ip) as Uint8Array;
  return bytes.length === 4 ? bytes.subarray(0, 3) : bytes;
};
const orderOf = (name: NginxAlgorithm, key: Uint8Array, servers = SERVERS, ejected?: Uint8Array) =>
  createNginxMapping(name, servers).order(key, servers.length, ejected);
/** Picks come again and again. A server that was tried is left out. */
const withoutRepeats = (picks: number[]) => [...new Set(picks)];

describe("crc32", () => {
  it("is that of IEEE 802.3", () => {
    expect(crc32(text("a"))).toBe(0xe8b7be43);
    expect(crc32(text("123456789"))).toBe(0xcbf43926);
    expect(crc32(text("session-0001"))).toBe(0x3eff4761);
  });
});

describe("the golden vectors of nginx", () => {
  it.each<[NginxAlgorithm, string, Uint8Array, number[]]>([
    ["nginx-ip-hash", "203.0.113.7", address("203.0.113.7"), [0, 2, 1, 3, 2, 0, 0, 1]],
    ["nginx-ip-hash", "2001:db8::1", address("2001:db8::1"), [0, 2, 1, 0, 0, 3, 3, 3]],
    ["nginx-ip-hash", "::ffff:203.0.113.7", address("::ffff:203.0.113.7"), [3, 1, 0, 1, 1, 1, 2, 1]],
    ["nginx-hash", "a", text("a"), [4, 0, 3, 2, 1, 3]],
    ["nginx-hash", "session-0001", text("session-0001"), [4, 0, 2, 0, 3, 3]],
    ["nginx-chash", "a", text("a"), [0, 1, 1, 1, 3, 1]],
    ["nginx-chash", "session-0001", text("session-0001"), [3, 1, 3, 3, 1, 3]],
  ])("of %s hold for %s", (name, _, key, picks) => {
    const expected = withoutRepeats(picks);
    expect(orderOf(name, key).slice(0, expected.length)).toEqual(expected);
  });

  it("of the first three octets alone decide for IPv4", () => {
    for (const last of [0, 7, 255]) {
      expect(orderOf("nginx-ip-hash", address(`203.0.113.${last}`)).slice(0, 4)).toEqual([0, 2, 1, 3]);
    }
  });
});

describe("a server that cannot serve", () => {
  it.each<NginxAlgorithm>(["nginx-ip-hash", "nginx-hash", "nginx-chash"])("is left out of the order of %s", (name) => {
    const all = orderOf(name, text("session-0001"));
    for (const [gone] of SERVERS.entries()) {
      const left = all.filter((index) => index !== gone);
      const down = SERVERS.map((server, index) => ({ ...server, down: index === gone }));
      const ejected = Uint8Array.from(SERVERS, (_, index) => (index === gone ? 1 : 0));
      expect(orderOf(name, text("session-0001"), down).slice(0, 2)).toEqual(left.slice(0, 2));
      expect(orderOf(name, text("session-0001"), SERVERS, ejected).slice(0, 2)).toEqual(left.slice(0, 2));
    }
  });

  it("still counts in the sum of the weights", () => {
    const keys = Array.from({ length: 200 }, (_, i) => text(`key-${i}`));
    const down = SERVERS.map((server, index) => ({ ...server, down: index === 3 }));
    const without = SERVERS.filter((_, index) => index !== 3);
    const kept = keys.map((key) => SERVERS[orderOf("nginx-hash", key, down)[0] as number]?.name);
    const removed = keys.map((key) => without[orderOf("nginx-hash", key, without)[0] as number]?.name);
    expect(kept).not.toEqual(removed);
  });
});

describe("nginx's round robin, which Moor does not compute,", () => {
  it("is left to the caller for an empty key", () => {
    expect(orderOf("nginx-hash", text(""))).toEqual([]);
    expect(orderOf("nginx-chash", text(""))).toEqual([]);
    expect(orderOf("nginx-ip-hash", new Uint8Array(0))).toEqual([]);
  });

  it("is left to the caller after 20 servers that had to be skipped", () => {
    const servers = [
      { name: "heavy", weight: 50, down: true },
      { name: "light", weight: 1, down: false },
    ];
    const orders = Array.from({ length: 200 }, (_, i) => orderOf("nginx-hash", text(`key-${i}`), servers).join());
    expect(new Set(orders)).toEqual(new Set(["1", ""]));
  });

  it("comes at once when every server is out", () => {
    for (const name of ["nginx-ip-hash", "nginx-hash", "nginx-chash"] as const) {
      expect(orderOf(name, text("abc"), SERVERS, Uint8Array.of(1, 1, 1, 1, 1))).toEqual([]);
    }
  });
});

describe("the ring", () => {
  it("depends on the names, ports included, and not on their order", () => {
    const keys = Array.from({ length: 300 }, (_, i) => text(`key-${i}`));
    const names = (servers: typeof SERVERS) => {
      const ring = createNginxMapping("nginx-chash", servers);
      return keys.map((key) => servers[ring.order(key, 1)[0] as number]?.name);
    };
    expect(names([...SERVERS].reverse())).toEqual(names(SERVERS));
    const otherPort = SERVERS.map((server) => ({ ...server, name: server.name.replace("8080", "8081") }));
    expect(names(otherPort).map((name) => name?.replace("8081", "8080"))).not.toEqual(names(SERVERS));
  });
});

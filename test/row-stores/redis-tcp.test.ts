import { describe, expect, it } from "vitest";
import { requireRedisAddress } from "../../src/redis/tcp-client.ts";
import { nodesOf, redisTcp } from "../../src/row-stores/redis-tcp.ts";

describe("the nodes of a Redis Cluster", () => {
  it("have the user, the password and the TLS of the address, which is one of them and is listed once", () => {
    const address = requireRedisAddress("rediss://shop:secret@a.test:7000");
    expect(nodesOf(address, ["a.test:7000", "b.test:7001", "[::1]:7002"])).toEqual([
      address,
      { ...address, hostname: "b.test", port: 7_001 },
      { ...address, hostname: "::1", port: 7_002 },
    ]);
  });

  it("have no databases, so an address that names one is refused", () => {
    const bind = (path: string) => () =>
      redisTcp.bind({ MOOR_REDIS_URL: `redis://a.test${path}` }, { type: "redis-tcp", nodes: ["b.test:6379"] });
    expect(bind("/3")).toThrow("a Redis Cluster has none but 0");
    expect(bind("/0")).not.toThrow();
  });
});

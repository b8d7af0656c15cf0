import { describe, expect, it } from "vitest";
import type { Wire } from "../../src/lib/wire.ts";
import { connectToCluster, type SlotOwners, slotOf } from "../../src/redis/cluster-client.ts";
import { type RedisServerAddress, requireRedisAddress } from "../../src/redis/tcp-client.ts";
import { answeringWire } from "../support/answering-wire.ts";

describe("the slot of a key", () => {
  // "CLUSTER KEYSLOT" of Redis 7.0 gives these.
  it.each([
    ["123456789", 12_739],
    ["foo", 12_182],
    ["{user1000}.following", 3_443],
    ["{user1000}.followers", 3_443],
    ["foo{}{bar}", 8_363],
    ["foo{{bar}}zap", 4_015],
    ["foo{bar}{zap}", 5_061],
    ["moor:{rows-3}:session:a", 5_747],
    ["", 0],
  ])("%j", (key, slot) => expect(slotOf(key)).toBe(slot));
});

const [FIRST, SECOND, THIRD] = ["a", "b", "c"].map((host) => requireRedisAddress(`redis://${host}:1`)) as [
  RedisServerAddress,
  RedisServerAddress,
  RedisServerAddress,
];

/** A Cluster whose nodes answer as the test says, and count what they are asked. `undefined`: the node says nothing. */
function clusterThat(answer: (node: string) => string | undefined) {
  const asked: string[] = [];
  const owners: SlotOwners = new Map();
  let closed = 0;
  const open = ({ hostname }: RedisServerAddress): Wire =>
    answeringWire(
      (written) => {
        const name = /\r\n(EVAL|WAIT)\r\n/.exec(written)?.[1];
        asked.push(`${name} ${hostname}`);
        return [answer(hostname)];
      },
      () => closed++,
    );
  const connect = () => connectToCluster({ nodes: [FIRST, SECOND, THIRD], owners, open, deadlineMs: 50 });
  return { asked, closed: () => closed, connect, ask: (key = "foo") => connect().eval("return 1", [key], []) };
}

describe("a connection to a Cluster", () => {
  it("follows MOVED to a configured node, and remembers it for the requests after it", async () => {
    const { asked, ask } = clusterThat((node) => (node === "c" ? ":1\r\n" : "-MOVED 12182 c:1\r\n"));
    expect([await ask(), await ask()]).toEqual([1, 1]);
    expect(asked).toEqual(["EVAL a", "EVAL c", "EVAL c"]);
  });

  it("knows one slot's node, and not another's", async () => {
    const { asked, ask } = clusterThat((node) => (node === "c" ? ":1\r\n" : "-MOVED 12182 c:1\r\n"));
    await ask("foo");
    await ask("bar");
    expect(asked).toEqual(["EVAL a", "EVAL c", "EVAL a", "EVAL c"]);
  });

  it("takes MOVED without a host for the host that gave it", async () => {
    const { asked, ask } = clusterThat(() => "-MOVED 12182 :1\r\n");
    await expect(ask()).rejects.toMatchObject({ message: "Redis answered with an error: MOVED" });
    expect(asked).toEqual(["EVAL a", "EVAL a"]);
  });

  it("keeps a slot's node that answers, even with a refusal", async () => {
    const { asked, ask } = clusterThat(() => "-OOM command not allowed\r\n");
    for (let times = 0; times < 2; times++) await expect(ask()).rejects.toMatchObject({ code: "refused" });
    expect(asked).toEqual(["EVAL a", "EVAL a"]);
  });

  it.each([
    ["a host that is not configured", "-MOVED 12182 evil.test:1\r\n"],
    ["another port of a configured host", "-MOVED 12182 c:2\r\n"],
  ])("connects to nothing else: %s", async (_what, answer) => {
    const { asked, ask } = clusterThat(() => answer);
    await expect(ask()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/MOVED to a node that is not configured$/),
    });
    expect(asked).toEqual(["EVAL a"]);
  });

  it("follows one MOVED for a command, and no second", async () => {
    const { asked, ask } = clusterThat((node) => (node === "a" ? "-MOVED 12182 b:1\r\n" : "-MOVED 12182 c:1\r\n"));
    await expect(ask()).rejects.toMatchObject({ code: "refused" });
    expect(asked).toEqual(["EVAL a", "EVAL b"]);
  });

  it.each(["ASK 12182 b:1", "TRYAGAIN a slot moves", "CLUSTERDOWN a slot has no node"])(
    "does not follow %s, because the key is under way",
    async (text) => {
      const { asked, ask } = clusterThat(() => `-${text}\r\n`);
      await expect(ask()).rejects.toMatchObject({
        code: "refused",
        message: expect.stringContaining(text.split(" ")[0] ?? ""),
      });
      expect(asked).toEqual(["EVAL a"]);
    },
  );

  it("asks another node the next time, if a node says nothing: its slots may have another node by now", async () => {
    const { asked, ask } = clusterThat((node) => (node === "a" ? undefined : ":1\r\n"));
    await expect(ask()).rejects.toMatchObject({ code: "timeout" });
    expect(await ask()).toBe(1);
    expect(asked).toEqual(["EVAL a", "EVAL b"]);
  });

  it("sends a command without a key to the node that was asked last", async () => {
    const { asked, connect } = clusterThat((node) => (node === "c" ? ":1\r\n" : "-MOVED 12182 c:1\r\n"));
    const connection = connect();
    await connection.eval("return 1", ["foo"], []);
    await connection.run(["WAIT", "1", "500"]);
    expect(asked).toEqual(["EVAL a", "EVAL c", "WAIT c"]);
    // The next request knows the node, and is not moved.
    const later = connect();
    await later.eval("return 1", ["foo"], []);
    await later.run(["WAIT", "1", "500"]);
    expect(asked.slice(3)).toEqual(["EVAL c", "WAIT c"]);
  });

  it("ends with all sockets that it has opened", async () => {
    let isFirst = true;
    const { asked, connect, closed } = clusterThat((node) => {
      const isMoved = node === "a" && isFirst;
      isFirst = false;
      return isMoved ? "-MOVED 12182 c:1\r\n" : ":1\r\n";
    });
    const connection = connect();
    await connection.eval("return 1", ["foo"], []);
    // A socket that has refused a command is thrown away at once.
    expect(closed()).toBe(1);
    await connection.eval("return 1", ["bar"], []);
    expect(asked).toEqual(["EVAL a", "EVAL c", "EVAL a"]);
    connection.end();
    expect(closed()).toBe(3);
  });
});

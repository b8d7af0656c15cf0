/** @needs redis-server */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openInNode, redisTcp as setup } from "../../../bin/stores/redis-tcp.ts";
import { connectToCluster, type SlotOwners, slotOf } from "../../../src/redis/cluster-client.ts";
import { type RedisServerAddress, requireRedisAddress } from "../../../src/redis/tcp-client.ts";
import { createConnectedRedisRows } from "../../../src/row-stores/redis/connected-redis-rows.ts";
import { nodesOf, redisTcp } from "../../../src/row-stores/redis-tcp.ts";
import { gapsOf, testRowStore } from "../../row-stores/row-store.suite.ts";
import { createRowsWorld } from "../../rows/rows-world.ts";
import { testAuthority } from "../../store/authority.suite.ts";
import { DEAD_PORT } from "../../support/node/ports.ts";
import { REDIS_PASSWORD, type RedisCluster, startRedisCluster } from "../../support/node/redis-processes.ts";
import { changeAt, refTo, uniqueId } from "../../support/sessions.ts";

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster(3);
});
afterAll(() => cluster.stop());
afterEach(() => vi.useRealTimers());

const addressAt = (port: number) => requireRedisAddress(`redis://:${REDIS_PASSWORD}@127.0.0.1:${port}`);
const owners: SlotOwners = new Map();

function rowsAt(ports: readonly number[], { known = owners, connected = [] as RedisServerAddress[] } = {}) {
  const [first = DEAD_PORT, ...further] = ports;
  const nodes = nodesOf(
    addressAt(first),
    further.map((port) => `127.0.0.1:${port}`),
  );
  const open = (address: RedisServerAddress) => {
    connected.push(address);
    return openInNode(address);
  };
  return createConnectedRedisRows({
    connect: () => connectToCluster({ nodes, owners: known, open, deadlineMs: 5_000 }),
    waitReplicas: 0,
  });
}

const ports = () => cluster.nodes.map(({ port }) => port);

testRowStore("a Redis Cluster by sockets", {
  create: () => rowsAt(ports()),
  createUnreachable: () => rowsAt([DEAD_PORT], { known: new Map() }),
  now: Date.now,
  gaps: gapsOf(redisTcp.guarantees),
});

testAuthority("an authority on a Redis Cluster by sockets", {
  create: () => createRowsWorld({ through: () => rowsAt(ports()) }).authority,
  createUnreachable: () => createRowsWorld({ through: () => rowsAt([DEAD_PORT], { known: new Map() }) }).authority,
  setClock: (now) => vi.useFakeTimers({ toFake: ["Date"], now }),
  gaps: [],
});

/** The slots of all rows. */
const SLOTS = Array.from({ length: 16 }, (_, nth) => slotOf(`moor:{rows-${nth}}:x`));

describe("a Redis Cluster by sockets", () => {
  it("gives keys the slots that Redis gives them", async () => {
    for (const [nth, slot] of SLOTS.entries()) {
      expect(await cluster.nodes[0]?.run("CLUSTER", "KEYSLOT", `moor:{rows-${nth}}:x`)).toBe(slot);
    }
  });

  it("loses no acknowledged change while slots move, and refuses changes of keys that are under way", async () => {
    const { authority } = createRowsWorld({ through: () => rowsAt(ports()) });
    const sessions = Array.from({ length: 24 }, () => ({ id: uniqueId(), acknowledged: [] as string[] }));
    let refused = 0;
    let isOver = false;
    const write = async ({ id, acknowledged }: (typeof sessions)[number]) => {
      for (let nth = 0; !isOver; nth++) {
        const now = Date.now();
        const patches = [{ [`n${nth}`]: 1 }];
        const { kind } = await authority.commit(refTo(id, now), changeAt(now, { patches }));
        if (kind === "committed") acknowledged.push(`n${nth}`);
        else refused += 1;
      }
    };
    const writing = sessions.map(write);
    const written = () => sessions.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
    await expect.poll(written).toBeGreaterThan(100);
    for (const [nth, slot] of SLOTS.entries()) {
      const from = await cluster.ownerOf(slot);
      const to = cluster.nodes[(cluster.nodes.indexOf(from) + 1 + (nth % 2)) % 3];
      if (to) await cluster.moveSlot(slot, to);
    }
    const before = written();
    await expect.poll(written).toBeGreaterThan(before + 100);
    isOver = true;
    await Promise.all(writing);
    const lost = [];
    for (const { id, acknowledged } of sessions) {
      const found = await authority.read(refTo(id, Date.now()), Date.now());
      const held = found.kind === "hit" ? Object.keys(found.copy.attributes) : [];
      lost.push(...acknowledged.filter((name) => !held.includes(name)));
    }
    expect(lost).toEqual([]);
    console.log(`${written()} changes acknowledged while 16 slots moved, ${refused} refused, ${lost.length} lost`);
  });

  it("connects to no node that is not configured", async () => {
    const connected: RedisServerAddress[] = [];
    const [only = 0] = ports();
    const rows = rowsAt([only], { known: new Map(), connected });
    const kinds = await Promise.all(SLOTS.map((_, nth) => rows.read(`session:${String.fromCharCode(96 + nth)}x`)));
    expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(["none", "unavailable"]));
    expect(new Set(connected.map(({ port }) => port))).toEqual(new Set([only]));
  });

  it("is asked for its settings by moor check, each node by its number", async () => {
    const [first = 0, ...others] = ports();
    await cluster.nodes[1]?.run("CONFIG", "SET", "appendfsync", "everysec");
    const nodes = others.map((port) => `127.0.0.1:${port}`);
    const variables = { MOOR_REDIS_URL: `redis://:${REDIS_PASSWORD}@127.0.0.1:${first}` };
    const told = await setup.audit?.ask(variables, { type: "redis-tcp", nodes });
    expect(told).toEqual(["node 2: appendfsync is everysec: a crash loses acknowledged changes; set always"]);
  });
});

/** @needs redis-server nginx haproxy openssl iproute2 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { type Machines, noMachinesHere, startMachines } from "../../support/node/machines.ts";
import { freePort } from "../../support/node/ports.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";
import { startTcpForward, type TcpForward } from "../../support/node/tcp-forward.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { type RunningProxy, startHaproxy, startNginx } from "./proxies.ts";
import { type Visitor, visit } from "./visitors.ts";

const missing = noMachinesHere();
if (missing) console.warn(`${import.meta.filename} is skipped: ${missing}`);
const VISITORS = 6;
const PORTS = { listen: 8080, health: 18080 };

/** An origin that answers the session of its handoff, and changes it as the query asks. */
function startOrigin(address: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), "http://origin");
    const [, claims = ""] = String(request.headers["moor-session"]).split(".");
    const { sid, data = {} } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as {
      sid?: string;
      data?: object;
    };
    if (pathname === "/change") {
      const patch = Object.fromEntries(Array.from(searchParams, ([name, value]) => [name, Number(value)]));
      response.setHeader("Moor-Patch", JSON.stringify(patch));
    }
    response.end(JSON.stringify({ sid, data }));
  });
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) => server.listen(0, address, () => resolve(server)));
}

describe.skipIf(missing !== undefined)("three machines that share nothing but Redis", () => {
  let machines: Machines;
  let redis: { readonly url: string; readonly forward: TcpForward; stop(): Promise<void> };
  let origins: Server[];
  const serves: RunningServe[] = [];
  const keys = testKeys();

  async function startOn(nth: number): Promise<RunningServe> {
    const machine = machines.all[nth] as Machines["all"][number];
    const pool = origins.map((server, at) => ({
      id: `o${at}`,
      url: `http://${machines.address}:${(server.address() as AddressInfo).port}`,
    }));
    return startServe({
      config: { pools: [{ id: "shop", origins: pool }], trustedProxies: [machines.address] },
      variables: { MOOR_REDIS_URL: redis.url },
      keys: await keys,
      within: machine.within,
      flags: [
        ...["--listen", `${machine.address}:${PORTS.listen}`],
        ...["--health", `${machine.address}:${PORTS.health}`],
        ...["--drain-notice-seconds", "2"],
      ],
    });
  }

  beforeAll(async () => {
    machines = await startMachines(3);
    origins = [await startOrigin(machines.address), await startOrigin(machines.address)];
    const [port, password] = [await freePort(), crypto.randomUUID()];
    const server = await startRedisServer({ tcp: { port, password } });
    const forward = await startTcpForward(machines.address, port);
    redis = {
      url: `redis://:${password}@${machines.address}:${forward.port}`,
      forward,
      stop: async () => {
        await forward.stop();
        await server?.stop();
      },
    };
    for (let nth = 0; nth < 3; nth++) serves.push(await startOn(nth));
  });
  afterAll(async () => {
    await Promise.all(serves.map((serve) => serve.kill()));
    for (const server of origins) {
      server.closeAllConnections();
      server.close();
    }
    await redis.stop();
    await machines.stop();
  });

  async function whileVisited(port: number, work: () => Promise<void>): Promise<Visitor[]> {
    const visitors = Array.from({ length: VISITORS }, () => visit(port, machines.address));
    await work();
    await Promise.all(visitors.map((visitor) => visitor.leave()));
    return visitors;
  }
  const sum = (visitors: readonly Visitor[], count: (visitor: Visitor) => number) =>
    visitors.reduce((total, visitor) => total + count(visitor), 0);
  const answering = (port: number) =>
    vi.waitFor(
      async () => {
        const visitor = visit(port, machines.address);
        await visitor.leave();
        expect([...visitor.noticed, ...visitor.failedChanges]).toEqual([]);
      },
      { timeout: 60_000, interval: 200 },
    );

  describe.each([
    ["nginx", startNginx],
    ["HAProxy", startHaproxy],
  ] as const)("behind %s", (_name, start) => {
    let proxy: RunningProxy;
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      proxy = await start({ address: machines.address, port, machines: machines.all.map(({ address }) => address) });
      await answering(port);
    });
    afterAll(() => proxy.stop());

    it("nobody notices a process that drains and comes back", async () => {
      const visitors = await whileVisited(port, async () => {
        await sleep(1_000);
        const { address = "" } = machines.all[2] ?? {};
        await proxy.takeOut(address);
        expect(await serves[2]?.stop()).toBe(0);
        serves[2] = await startOn(2);
        await proxy.takeIn(address);
        await sleep(2_000);
      });
      expect(visitors.flatMap(({ noticed }) => noticed)).toEqual([]);
      expect(visitors.flatMap(({ failedChanges }) => failedChanges)).toEqual([]);
      expect(sum(visitors, ({ served }) => served.changes)).toBeGreaterThan(20);
    });

    it("nobody notices a machine that is cut off from Redis and from all others, and no acknowledged change is lost", async () => {
      const visitors = await whileVisited(port, async () => {
        await sleep(1_000);
        await machines.all[0]?.cutOff();
        await sleep(6_000);
        await machines.all[0]?.connect();
        await sleep(2_000);
      });
      expect(visitors.flatMap(({ noticed }) => noticed)).toEqual([]);
      // A change that was under way at that machine is not sent to another one, because it may have taken effect.
      expect(sum(visitors, ({ failedChanges }) => failedChanges.length)).toBeLessThanOrEqual(VISITORS);
      expect(sum(visitors, ({ served }) => served.changes)).toBeGreaterThan(20);
    });

    it("nobody notices a process that is killed, and no acknowledged change is lost", async () => {
      const visitors = await whileVisited(port, async () => {
        await sleep(1_000);
        await serves[1]?.kill();
        await sleep(2_000);
        serves[1] = await startOn(1);
        await sleep(2_000);
      });
      expect(visitors.flatMap(({ noticed }) => noticed)).toEqual([]);
      expect(sum(visitors, ({ failedChanges }) => failedChanges.length)).toBeLessThanOrEqual(VISITORS);
      expect(sum(visitors, ({ served }) => served.changes)).toBeGreaterThan(20);
    });
  });
});

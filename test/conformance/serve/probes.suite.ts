import { afterAll, describe, expect, it } from "vitest";
import type { AuthorityConfig } from "../../../src/config/types.ts";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { type LocalOrigin, startLocalOrigin } from "../../support/node/local-origin.ts";
import { freePort } from "../../support/node/ports.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { serversOf } from "./servers.ts";
import type { ServedStore } from "./stores.ts";

/** An origin that counts probes. Visitors are served whether it passes them or not. */
async function startProbedOrigin(name: string) {
  const origin: LocalOrigin = await startLocalOrigin(name);
  const state = { isWell: true, probes: 0 };
  origin.answers((request, response) => {
    if (request.url !== "/health") return response.end(name);
    state.probes += 1;
    response.writeHead(state.isWell ? 200 : 503).end();
  });
  return { ...origin, state };
}

/** Probes of origins by several processes of `moor serve`, which share the store and nothing else. */
export async function testServedProbes(store: ServedStore): Promise<void> {
  const keys = await testKeys();
  const origins = await Promise.all(["a", "b", "c"].map(startProbedOrigin));
  const link = await startTcpLink(store.port);
  const nowhere = await freePort();
  const start = () =>
    startServe({
      config: {
        pools: [
          {
            id: "shop",
            origins: origins.map(({ name, url }) => ({ id: name, url })),
            // A busy machine must not make an origin of this test look ill.
            healthCheck: { path: "/health", intervalSeconds: 5, timeoutMs: 5_000, unhealthyThreshold: 2 },
          },
        ],
        admin: {},
        stores: { authority: { type: store.type } as AuthorityConfig },
      },
      keys,
      variables: { MOOR_ADMIN_TOKEN: ADMIN_TOKEN, ...store.variables(link.port) },
      flags: ["--admin", "127.0.0.1:0"],
    });
  let running: readonly RunningServe[] = await Promise.all([start(), start(), start()]);
  afterAll(async () => {
    await Promise.all(running.map((serve) => serve.kill()));
    await Promise.all([link.stop(), ...origins.map((origin) => origin.stop())]);
    await store.stop();
  });
  const poll = { timeout: 120_000, interval: 500 };
  const b = (origins[1] as (typeof origins)[number]).state;
  const probes = () => origins.map(({ state }) => state.probes);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  /** The processes that have logged an event. */
  const loggers = (event: string) => running.filter(({ logged }) => logged.some((entry) => entry.event === event));
  const servers = (serve: RunningServe) => serversOf(serve, keys, -60);
  async function shown({ adminPort }: RunningServe) {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
    const response = await fetch(`http://127.0.0.1:${adminPort}/.moor/admin/pools/shop`, { headers });
    const { origins: listed } = (await response.json()) as { origins: { id: string; probes?: { state: string } }[] };
    return Object.fromEntries(listed.map(({ id, probes: said }) => [id, said?.state]));
  }

  it("are sent before anybody visits, by one process for all, and shown to operators at every process", async () => {
    await expect.poll(() => Math.min(...probes()), poll).toBeGreaterThan(1);
    for (const serve of running)
      await expect.poll(() => shown(serve), poll).toEqual({ a: "healthy", b: "healthy", c: "healthy" });
    expect(await servers(running[0] as RunningServe)).toContain("b");
  });

  it("take an origin out at every process, though it serves visitors, and one process alone has found it", async () => {
    b.isWell = false;
    for (const serve of running) await expect.poll(() => servers(serve), poll).not.toContain("b");
    await expect.poll(() => loggers("origin_unhealthy").length, poll).toBe(1);
    for (const serve of running) expect(await shown(serve)).toMatchObject({ b: "unhealthy" });
  });

  it("go on when the process that sends them is killed: another one finds that the origin is well again", async () => {
    const [prober] = loggers("origin_unhealthy") as [RunningServe];
    await prober.kill();
    running = running.filter((serve) => serve !== prober);
    b.isWell = true;
    await expect.poll(() => loggers("origin_recovered").length, poll).toBe(1);
    for (const serve of running) await expect.poll(() => servers(serve), poll).toContain("b");
  });

  describe("while the store is away", () => {
    it("are not sent, and take no origin out", async () => {
      link.leadTo(nowhere);
      await expect.poll(() => loggers("probing_paused").length, poll).toBe(running.length);
      for (const { state } of origins) state.isWell = false;
      const before = sum(probes());
      const pausedAt = Date.now();
      // As long as two rounds, which would take every origin out.
      await expect.poll(() => Date.now() - pausedAt, poll).toBeGreaterThan(12_000);
      expect(sum(probes())).toBe(before);
      for (const { state } of origins) state.isWell = true;
      for (const serve of running) expect(new Set(await servers(serve))).toEqual(new Set(["a", "b", "c"]));
    });

    it("are sent again once it is back", async () => {
      const before = sum(probes());
      link.leadTo(store.port);
      await expect.poll(() => sum(probes()), poll).toBeGreaterThan(before);
      expect(loggers("origin_unhealthy")).toEqual([]);
    });
  });
}

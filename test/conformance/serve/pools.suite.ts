import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import type { AuthorityConfig } from "../../../src/config/types.ts";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { inSeconds } from "../../support/node/live-pools.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { freePort } from "../../support/node/ports.ts";
import { type RunningServe, startServe } from "../../support/node/served.ts";
import { startTcpLink } from "../../support/node/tcp-link.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { serversOf } from "./servers.ts";
import type { ServedStore } from "./stores.ts";

interface Standing {
  readonly id: string;
  readonly state: string;
  readonly next: readonly { readonly state: string; readonly at: number }[];
}

/** Changes of pools by operators at several processes of `moor serve`, which share the store and nothing else. */
export async function testServedPools(store: ServedStore): Promise<void> {
  const keys = await testKeys();
  const origins = await Promise.all(["a", "b", "c"].map((name) => startLocalOrigin(name)));
  const link = await startTcpLink(store.port);
  const nowhere = await freePort();
  const running: RunningServe[] = [];
  afterAll(async () => {
    await Promise.all(running.map((serve) => serve.kill()));
    await Promise.all([link.stop(), ...origins.map((origin) => origin.stop())]);
    await store.stop();
  });

  async function start(pool: string): Promise<RunningServe> {
    const serve = await startServe({
      config: {
        pools: [{ id: pool, origins: origins.map(({ name, url }) => ({ id: name, url })) }],
        admin: {},
        stores: { authority: { type: store.type } as AuthorityConfig },
      },
      keys,
      variables: { MOOR_ADMIN_TOKEN: ADMIN_TOKEN, ...store.variables(link.port) },
      flags: ["--admin", "127.0.0.1:0"],
    });
    running.push(serve);
    return serve;
  }
  const startAll = (pool: string) => Promise.all([start(pool), start(pool), start(pool)]);

  async function ask(serve: RunningServe, path: string, body?: object) {
    const response = await fetch(`http://127.0.0.1:${serve.adminPort}/.moor/admin${path}`, {
      method: body ? "POST" : "GET",
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, said: JSON.parse(await response.text()) };
  }
  const change = (serve: RunningServe, pool: string, path: string, body: object = {}) =>
    ask(serve, `/pools/${pool}/origins/${path}`, body);
  const pool = async (serve: RunningServe, id: string) => (await ask(serve, `/pools/${id}`)).said;
  const states = async (serve: RunningServe, id: string) =>
    (await pool(serve, id)).origins.map(({ state, next }: Standing) => [state, ...next.map((turn) => turn.state)]);

  const servers = (serve: RunningServe, bornInSeconds: number) => serversOf(serve, keys, bornInSeconds);
  const PAST = -60;
  /** Times of changes lie so far ahead that no slow machine reaches them. */
  const FROM = 2_000;
  const FUTURE = 2_500;
  /** The servers of those sessions, once a process knows that `b` has none of them. It looks for news every 30 seconds. */
  async function serversWithoutB(serve: RunningServe, bornInSeconds: number): Promise<string[]> {
    const poll = { timeout: 90_000, interval: 500 };
    await expect.poll(() => servers(serve, bornInSeconds), poll).not.toContain("b");
    return servers(serve, bornInSeconds);
  }

  describe("an origin that an operator drains at one process", async () => {
    const id = "drained";
    const all = await startAll(id);
    const [first, ...others] = all as [RunningServe, RunningServe, RunningServe];
    // The first process has looked at the pool before the change. It has to hear of the change while it runs.
    const before = await servers(first, PAST);
    const drained = await change(first, id, "b/drain", { at: inSeconds(FROM), deadlineSeconds: 3_600 });

    it("is told to the operator with the named times, as published", () => {
      expect(drained).toMatchObject({ status: 200, said: { id: "b", state: "open", changed: true, published: true } });
      const [draining, ended] = drained.said.next;
      expect(ended.at - draining.at).toBe(3_600_000);
    });

    it("keeps its sessions, and gets none that are born after that time, at every process", async () => {
      expect(before).toContain("b");
      for (const serve of others) {
        expect(await servers(serve, PAST)).toEqual(before);
        const born = await serversWithoutB(serve, FUTURE);
        for (const [at, server] of born.entries()) if (before[at] !== "b") expect(server).toBe(before[at]);
      }
      await serversWithoutB(first, FUTURE);
      expect(await servers(first, PAST)).toEqual(before);
    });

    it("is shown to operators alike at every process, with the action that was audited", async () => {
      const shown = await Promise.all(all.map((serve) => pool(serve, id)));
      expect(shown[1]).toEqual(shown[0]);
      expect(shown[2]).toEqual(shown[0]);
      const { entries } = (await ask(others[0] as RunningServe, "/audit")).said;
      const entry = { who: "token", from: "api", action: "drain", pool: id, origin: "b", outcome: "changed" };
      expect(entries).toContainEqual(expect.objectContaining({ ...entry, versions: { before: 0, after: 1 } }));
    });

    it("stays drained when the process of the operator is killed, at its successor as well", async () => {
      await first.kill();
      for (const serve of others) expect(await servers(serve, FUTURE)).not.toContain("b");
      const successor = await start(id);
      await serversWithoutB(successor, FUTURE);
      expect(await states(successor, id)).toEqual([["open"], ["open", "draining", "drained"], ["open"]]);
    });

    it("is restored at another process: it gets the sessions that are born from then on", async () => {
      const [serve] = others as [RunningServe, RunningServe];
      expect(await change(serve, id, "b/restore", { at: inSeconds(2 * FROM) })).toMatchObject({
        status: 200,
        said: { published: true },
      });
      const successor = await start(id);
      await serversWithoutB(successor, FUTURE);
      expect(await servers(successor, 2 * FROM + 500)).toEqual(before);
      expect(await servers(successor, PAST)).toEqual(before);
    });
  });

  describe("an origin that an operator ejects at once", async () => {
    const id = "ejected";
    const [first, second, third] = (await startAll(id)) as [RunningServe, RunningServe, RunningServe];
    const before = await servers(first, PAST);
    const ejected = await change(second, id, "b/eject", { at: "now" });

    it("has no sessions any more at any process, also where they were served before, and no other session moves", async () => {
      expect(ejected).toMatchObject({ status: 200, said: { state: "ejected", next: [], published: true } });
      for (const serve of [first, second, third]) {
        const after = await serversWithoutB(serve, PAST);
        for (const [at, server] of after.entries()) if (before[at] !== "b") expect(server).toBe(before[at]);
      }
    });
  });

  describe("two operators at two processes at once", async () => {
    const id = "contested";
    const [first, second, third] = (await startAll(id)) as [RunningServe, RunningServe, RunningServe];

    const states = async () => (await pool(third, id)).origins.map(({ state }: Standing) => state) as string[];

    it("cannot close the last origin together", async () => {
      await change(third, id, "c/eject", { at: "now" });
      const [a, b] = await Promise.all([
        change(first, id, "a/eject", { at: "now" }),
        change(second, id, "b/eject", { at: "now" }),
      ]);
      expect([a.said.code ?? "ejected", b.said.code ?? "ejected"].sort()).toEqual(["ejected", "last_origin"]);
      expect((await states()).sort()).toEqual(["ejected", "ejected", "open"]);
    });

    it("are not both heard if they decided on the same version", async () => {
      const { version } = await pool(third, id);
      const both = await Promise.all([
        change(first, id, "c/restore", { version }),
        change(second, id, "c/restore", { version, at: inSeconds(FROM) }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(both.map(({ said }) => said.code)).toContain("version_changed");
      expect((await pool(third, id)).version).toBe(version + 1);
    });

    it("are both heard otherwise, one after the other", async () => {
      const { version } = await pool(third, id);
      const [ejected, open] = (await states())[0] === "ejected" ? ["a", "b"] : ["b", "a"];
      const both = await Promise.all([
        change(first, id, `${ejected}/restore`),
        change(second, id, `${open}/drain`, { anyway: true }),
      ]);
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
      expect((await pool(third, id)).version).toBe(version + 2);
    });
  });

  describe("while the store is away", async () => {
    const id = "away";
    const [first, second, third] = (await startAll(id)) as [RunningServe, RunningServe, RunningServe];
    await change(first, id, "b/eject", { at: "now" });
    const shown = await pool(first, id);
    let known: string[];

    it("a process that knows the state of the pool keeps it, and operators are told that nothing is known now", async () => {
      known = await serversWithoutB(first, PAST);
      link.leadTo(nowhere);
      try {
        expect(await servers(first, PAST)).toEqual(known);
        for (const serve of [first, second]) {
          expect(await ask(serve, `/pools/${id}`)).toMatchObject({ status: 503, said: { code: "pool_unavailable" } });
          const refused = await change(serve, id, "b/restore");
          expect(refused).toMatchObject({ status: 503, said: { code: "pool_unavailable" } });
        }
      } finally {
        link.leadTo(store.port);
      }
    });

    it("nothing is lost: it answers afterwards as before, at every process", async () => {
      for (const serve of [first, second]) {
        await expect.poll(async () => (await ask(serve, `/pools/${id}`)).status).toBe(200);
        expect(await pool(serve, id)).toEqual(shown);
      }
      expect(await serversWithoutB(second, PAST)).toEqual(known);
    });

    it("if it comes back without the state, it is given the state by a process that knows it, which says so", async () => {
      await store.lose(`pool:${id}`);
      expect(await pool(second, id)).toEqual(shown);
      expect(await pool(third, id)).toEqual(shown);
      expect(await second.entry("pool_state_set_back")).toMatchObject({ pool: id });
    });
  });

  it("is changed by the command `moor pool`, at the address of the admin socket", async () => {
    const { adminPort } = await start("commanded");
    const url = `http://127.0.0.1:${adminPort}`;
    const args = ["bin/moor.js", "pool", "drain", "b", "--deadline", "60", "--url", url, "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, MOOR_ADMIN_TOKEN: ADMIN_TOKEN },
    });
    expect(JSON.parse(stdout)).toMatchObject({ pool: "commanded", id: "b", changed: true, published: true });
  });

  it("counts the sessions that come back to origins in the row of the pool, behind their answers", async () => {
    const serve = await start("seen");
    await servers(serve, PAST);
    await expect.poll(() => store.tagOf("pool:seen")).toBeDefined();
  });

  it("has the process with the lease of the cron job do what is due for a pool", async () => {
    // The change has set the alarm of the pool.
    await change(await start("due"), "due", "b/drain");
    const before = await store.tagOf("pool:due");
    await start("due");
    // The processes of the tests above share the lease, and serve other pools.
    const after = async () => {
      await store.lose("cron:lease");
      return store.tagOf("pool:due");
    };
    await expect.poll(after, { timeout: 120_000, interval: 500 }).not.toBe(before);
  });

  it("refuses totals of the site with 409, and has the metrics of the process", async () => {
    const { adminPort } = await start("counted");
    const metrics = (query: string) =>
      fetch(`http://127.0.0.1:${adminPort}/.moor/metrics${query}`, {
        headers: { Authorization: `Bearer ${ADMIN_TOKEN}` },
      });
    const refused = await metrics("?of=site");
    expect([refused.status, await refused.json()]).toMatchObject([409, { code: "no_totals" }]);
    expect(await (await metrics("")).text()).toContain("moor_isolate_start_time_seconds");
  });
}

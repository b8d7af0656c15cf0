import { afterAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { named, startWatchedPool, type WatchedPool } from "../../support/node/pool-visitors.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** A session may be away for a tenth of that time more. */
const IDLE = 10 * MINUTE;
const AWAY = 11 * MINUTE;
const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const started: WatchedPool[] = [];
afterAll(async () => {
  await Promise.all(started.map(({ site }) => site.stop()));
  await Promise.all(origins.map((origin) => origin.kill()));
});

/** A pool whose visitors have been there for a minute, with where they are. */
async function visited() {
  const pool = await startWatchedPool(origins, { session: { idleSeconds: IDLE } });
  started.push(pool);
  const born = pool.now() - MINUTE;
  return { pool, born, before: await pool.servers(born) };
}
/** The origins of the visitors if exactly the visitors of `b` have moved. */
const withoutB = (before: string[], after: string[]) =>
  before.map((server, at) => (server === "b" ? after[at] : server));
const states = ({ next }: { next: { state: string }[] }) => next.map(({ state }) => state);

/** A visitor of `b` with a basket. */
async function shopper({ site }: WatchedPool): Promise<Client> {
  for (;;) {
    const client = site.client();
    const { server } = (await client.ask("/")).told;
    if (server !== "b") continue;
    await client.ask("/?set=basket:tea", { method: "POST" });
    await client.ask("/");
    return client;
  }
}

describe("a drain with a deadline", async () => {
  const { pool, born, before } = await visited();
  const client = await shopper(pool);
  const told = await pool.change("drain", "b", { deadlineSeconds: HOUR });
  let bornInDrain = 0;

  it("has no effect before its named time, not even on sessions that have just begun", async () => {
    expect([told.state, told.published, states(told)]).toEqual(["open", true, ["draining", "drained"]]);
    await pool.elapse(110);
    expect(await pool.servers(born)).toEqual(before);
    expect(await pool.servers(pool.now())).toEqual(before);
    expect((await pool.standing("b")).state).toBe("open");
  });

  it("from that time on gives the origin no new sessions, and moves no session", async () => {
    // Births are whole seconds: one within the second of the change may lie before it.
    await pool.elapse(41);
    bornInDrain = pool.now();
    expect((await pool.standing("b")).state).toBe("draining");
    const fresh = await pool.servers(bornInDrain);
    expect(fresh).not.toContain("b");
    expect(fresh).toEqual(withoutB(before, fresh));
    expect(await pool.servers(born)).toEqual(before);
  });

  it("leaves sessions where they are up to its deadline, however long others have been away", async () => {
    for (let waited = 0; waited < HOUR - 5 * MINUTE; waited += 5 * MINUTE) {
      await pool.elapse(5 * MINUTE);
      expect(await pool.servers(born)).toEqual(before);
      expect((await client.ask("/")).told.server).toBe("b");
    }
    await pool.elapse(4 * MINUTE);
    expect(await pool.servers(born)).toEqual(before);
    expect((await pool.standing("b")).state).toBe("draining");
  });

  it("sends its sessions elsewhere after it, with their attributes, and no other session moves", async () => {
    const inDrain = await pool.servers(bornInDrain);
    await pool.elapse(MINUTE);
    expect((await pool.standing("b")).state).toBe("drained");
    const after = await pool.servers(born);
    expect(after).not.toContain("b");
    expect(after).toEqual(withoutB(before, after));
    expect(await pool.servers(bornInDrain)).toEqual(inDrain);
    expect(await pool.servers(pool.now())).toEqual(inDrain);
    const { server, session } = (await client.ask("/")).told;
    expect([server === "b", session.data]).toEqual([false, { basket: "tea" }]);
  });
});

describe("a drain without a deadline", async () => {
  const { pool, born, before } = await visited();
  const count = before.filter((server) => server === "b").length;
  await pool.change("drain", "b");
  await pool.elapse(150);

  it("goes on for as long as anybody comes back", async () => {
    for (let waited = 0; waited < 2 * AWAY; waited += 2 * MINUTE) {
      await pool.elapse(2 * MINUTE);
      expect(await pool.servers(born)).toEqual(before);
    }
    const { state, next, bound } = await pool.standing("b");
    expect([state, next]).toEqual(["draining", []]);
    expect(bound).toBeGreaterThan(count / 2);
    expect(bound).toBeLessThanOrEqual(count);
  });

  it("ends at a time that it names, once no session has come for as long as a session may be away, and says so", async () => {
    // It counts six times in that time.
    for (let waited = 0; waited < AWAY - 2 * MINUTE; waited += 2 * MINUTE) {
      await pool.elapse(2 * MINUTE);
      expect(states(await pool.standing("b"))).toEqual([]);
    }
    for (let waited = 0; waited < 5 * MINUTE; waited += MINUTE) {
      await pool.elapse(MINUTE);
      if (states(await pool.standing("b")).length > 0) break;
    }
    const { state, next, bound } = await pool.standing("b");
    expect([state, states({ next }), bound]).toEqual(["draining", ["drained"], 0]);
    const said = JSON.stringify({ event: "drain_ended", pool: "shop", origin: "b" });
    await expect.poll(() => pool.site.moor.logged).toContain(said);
  });

  it("still serves a session that comes before that time", async () => {
    expect(await pool.servers(born)).toEqual(before);
  });

  it("serves no session from then on: sessions that come later go elsewhere, and no other session moves", async () => {
    await pool.elapse(150);
    const { state, next } = await pool.standing("b");
    expect([state, next]).toEqual(["drained", []]);
    const after = await pool.servers(born);
    expect(after).not.toContain("b");
    expect(after).toEqual(withoutB(before, after));
    expect(await pool.servers(pool.now())).toEqual(after);
  });
});

describe("a change that an operator names a time for", async () => {
  const { pool, born, before } = await visited();
  let after: string[] = [];

  it("if it ejects, has no effect before it, and all of it from then on", async () => {
    await pool.change("eject", "b", { at: named(pool.now() + 10 * MINUTE) });
    await pool.elapse(9 * MINUTE);
    expect(await pool.servers(born)).toEqual(before);
    expect(await pool.servers(pool.now())).toEqual(before);
    await pool.elapse(MINUTE);
    after = await pool.servers(born);
    expect(after).not.toContain("b");
    expect(after).toEqual(withoutB(before, after));
    expect(await pool.servers(pool.now())).toEqual(after);
  });

  it("if it restores, brings back the sessions that are born from then on, and no other sessions", async () => {
    await pool.change("restore", "b", { at: named(pool.now() + 10 * MINUTE) });
    await pool.elapse(9 * MINUTE);
    const lastOutside = pool.now();
    expect(await pool.servers(lastOutside)).toEqual(after);
    await pool.elapse(MINUTE);
    for (const out of [born, lastOutside]) expect(await pool.servers(out)).toEqual(after);
    expect(await pool.servers(pool.now())).toEqual(before);
    expect((await pool.standing("b")).state).toBe("open");
  });
});

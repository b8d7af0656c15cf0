import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { type Answer, type Client, CutAnswer } from "../support/node/client.ts";
import { startOrigin } from "../support/node/origins.ts";
import { startSite } from "../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const site = await startSite(origins, { handoff: { dataBytes: 16_384 } });
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const CLIENTS = 40;
const ROUNDS = 40;

/** Attributes `a0` to `a199`, as their queries and as the attributes that the origin should then be told. */
const numbers = Array.from({ length: 200 }, (_, index) => index);
const attributes = Object.fromEntries(numbers.map((index) => [`a${index}`, `v${index}`]));

/**
 * Has a change acknowledged. A busy machine may keep a change waiting for longer than its deadline (503), so the client tries again. Resolves to the
 * number of requests.
 */
async function change(client: Client, target: string): Promise<number> {
  for (let sent = 1; ; sent++) {
    const { status } = await client.ask(target, { method: "POST" });
    if (status === 200) return sent;
    expect(status).toBe(503);
    await pause(100);
  }
}

/** Sets each attribute by a change of its own, all at once. Resolves to the number of requests. */
async function setEach(client: Client): Promise<number> {
  const sent = await Promise.all(numbers.map((index) => change(client, `/?set=a${index}:v${index}`)));
  return sent.reduce((sum, each) => sum + each, 0);
}

describe("200 parallel requests that each set a different attribute of the same session", () => {
  it("keep all 200", async () => {
    const client = site.client();
    await client.ask("/?set=first:1");
    await setEach(client);
    expect((await client.ask("/")).told.session.data).toEqual({ first: "1", ...attributes });
  });

  it("keep all 200 when one of them is the session's first", async () => {
    const client = site.client();
    await client.ask("/");
    const sent = await setEach(client);
    const { ver, data } = (await client.ask("/")).told.session;
    expect(data).toEqual(attributes);
    // Each change is a version. A change that was tried again may count twice.
    expect(ver).toBeGreaterThanOrEqual(200);
    expect(ver).toBeLessThanOrEqual(sent);
  });

  it("keep all 200 while the session rotates among them", async () => {
    const client = site.client();
    await client.ask("/");
    await Promise.all([setEach(client), change(client, "/?login=alice&delayMs=20")]);
    expect((await client.ask("/")).told.session).toMatchObject({ sub: "alice", data: attributes });
  });
});

describe("an origin killed under load, and started again", () => {
  it("fails no GET whose response had not begun, and changes no session", async () => {
    const visitors = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => visitor(index)));
    const [victim] = visitors.map(({ server }) => origins.find(({ name }) => name === server));
    const met = new Set(visitors.map(({ server }) => server));
    expect(met.size).toBe(origins.length);

    const failed: unknown[] = [];
    const moved = new Set<string>();
    let asked = 0;
    const loops = visitors.map(async ({ client, sid, server, basket }) => {
      for (let round = 0; round < ROUNDS; round++) {
        asked++;
        const answer = await client.ask("/?delayMs=2").catch((cause: unknown) => cause);
        if (answer instanceof CutAnswer) continue;
        if (answer instanceof Error) failed.push(answer);
        else {
          const { status, told } = answer as Answer;
          if (status !== 200) failed.push(status);
          else if (told.session.sid !== sid || told.session.data?.basket !== basket) failed.push(told.session);
          else if (told.server !== server) moved.add(server);
        }
      }
    });
    const reached = async (share: number) => {
      while (asked < share * CLIENTS * ROUNDS) await pause(1);
    };
    await reached(0.3);
    await victim?.kill();
    await reached(0.6);
    await victim?.restart();
    await Promise.all(loops);

    expect(failed).toEqual([]);
    expect([...moved]).toEqual([victim?.name]);
  });
});

describe("Moor killed under load, and started again on the same storage", () => {
  it("loses no change that it has acknowledged", async () => {
    const visitors = await Promise.all(Array.from({ length: 10 }, (_, index) => visitor(index)));
    const acknowledgedBy = new Set<Client>();
    const loops = visitors.map(async ({ client }) => {
      for (let count = 1; ; count++) {
        const answer = await client.ask(`/?set=count:${count}`, { method: "POST" }).catch(() => undefined);
        if (answer?.status !== 200) return { client, acknowledged: count - 1 };
        acknowledgedBy.add(client);
      }
    });
    await expect.poll(() => acknowledgedBy.size).toBe(visitors.length);
    await site.moor.crashAndRestart();

    for (const { client, acknowledged } of await Promise.all(loops)) {
      const { data } = (await client.ask("/")).told.session;
      expect(acknowledged).toBeGreaterThan(0);
      // The change under way may have been stored although its answer was lost.
      expect([acknowledged, acknowledged + 1]).toContain(Number(data?.count));
    }
  });
});

async function visitor(index: number) {
  const client = site.client();
  const basket = `apples-${index}`;
  // A first response that took over two seconds gives no token. A change that waited for too long is refused.
  while (!client.token) await client.ask("/");
  while ((await client.ask(`/?set=basket:${basket}`, { method: "POST" })).status === 503) await pause(100);
  const { server, session } = (await client.ask("/")).told;
  return { client, basket, server, sid: session.sid };
}

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningOrigin, startOrigin } from "../../support/node/origins.ts";
import { startWatchedPool, type WatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";
import { startWebhookReceiver, WEBHOOK_SECRET, type WebhookReceiver } from "../../support/node/webhook-receiver.ts";

const ISOLATES = 3;

let receiver: WebhookReceiver;
let origins: RunningOrigin[];
let pool: WatchedPool;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
  origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
  pool = await startWatchedPool(origins, {
    isolates: ISOLATES,
    admin: { webhook: { url: receiver.url } },
    texts: { MOOR_WEBHOOK_SECRET: WEBHOOK_SECRET },
    pools: [{ id: "shop", origins: origins.map(originConfig) }],
  });
  await minute();
});
afterEach(async () => {
  await pool.site.stop();
  await Promise.all([receiver.stop(), ...origins.map((origin) => origin.kill())]);
});

/** Visitors come to every isolate, until each has met the origins. Returns the statuses of the answers, each once. */
async function load(visitors = 12): Promise<number[]> {
  const { site } = pool;
  const statuses = new Set<number>();
  const visit = async (port: number) => {
    const client = site.client();
    for (let request = 0; request < 4; request++) statuses.add((await client.ask("/", { port })).status);
  };
  const ports = site.moor.ports.flatMap((port) => Array.from({ length: visitors }, () => port));
  await Promise.all(ports.map(visit));
  return [...statuses];
}

/** A minute in which visitors come: every isolate reports, and the objects do what is due. */
async function minute(seconds = 61): Promise<void> {
  await load(2);
  await pool.site.moor.elapse(seconds);
  await load(2);
  await ring();
}

/** Rings the alarms of the objects until nothing is due. */
async function ring(): Promise<void> {
  for (const object of ["shop", "~site"]) await pool.site.moor.ringAlarm(object);
}

const told = () => receiver.accepted.map((call) => call.told);
/** The actions that the receiver has accepted, each delivery once. */
const actions = () => {
  const byId = new Map(receiver.accepted.map(({ id, told }) => [id, told]));
  return [...byId.values()].map(({ event, action, origin, who }) => [event, action, origin, who]);
};
/** The actions once their time for another try has come. */
const actionsLater = async () => {
  await pool.site.moor.elapse(61);
  await ring();
  return actions();
};
const names = () => told().map(({ event, state, origin }) => `${event} ${origin ?? ""} ${state ?? ""}`);

describe("the webhook of operators", () => {
  it("is called once when an origin dies under load, and once when it is back, however many isolates have noticed", async () => {
    await origins[1]?.kill();
    await load();
    await minute();
    await expect.poll(names).toEqual(["origin-down b began"]);
    for (let more = 0; more < 3; more++) await minute();
    expect(receiver.calls).toHaveLength(1);
    await origins[1]?.restart();
    await expect
      .poll(
        async () => {
          await minute();
          return names();
        },
        { timeout: 60_000 },
      )
      .toEqual(["origin-down b began", "origin-down b over"]);
    await minute();
    expect(receiver.calls).toHaveLength(2);
    expect(receiver.calls.every(({ isSigned }) => isSigned)).toBe(true);
    expect(told()[0]).toEqual({
      id: receiver.calls[0]?.id,
      event: "origin-down",
      state: "began",
      at: expect.any(Number),
      since: expect.any(Number),
      pool: "shop",
      origin: "b",
      because: expect.stringMatching(/^ejected by [23] of 3 isolates$/),
      text: expect.stringContaining("shop/b: origin-down began"),
    });
  });

  it("gets what happened while it was away, in order and once, although the objects were ended meanwhile", async () => {
    receiver.behave("refuse");
    await pool.change("drain", "a");
    await pool.change("drain", "b");
    await ring();
    await expect.poll(() => pool.site.moor.logged.some((line) => line.includes('"webhook_failed"'))).toBe(true);
    await pool.site.moor.crashAndRestart();
    receiver.behave("accept");
    // The clock that tests move was reset by the crash, so more of it has to pass.
    await expect.poll(actionsLater).toEqual([
      ["action", "drain", "a", "token"],
      ["action", "drain", "b", "token"],
    ]);
    expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(2);
  });

  it("holds up neither visitors nor operators while it does not answer", async () => {
    receiver.behave("hold");
    await pool.change("drain", "a");
    await ring();
    await expect.poll(() => receiver.waiting).toBe(1);
    expect(await load(1)).toEqual([200]);
    // KV takes a write per second.
    await pool.elapse(2);
    expect(await pool.change("restore", "a")).toMatchObject({ state: "open", published: true });
    // Moor's call is still open, so no answer has waited for its end.
    expect([receiver.waiting, receiver.accepted]).toEqual([1, []]);
    receiver.behave("accept");
    await expect.poll(actionsLater).toEqual([
      ["action", "drain", "a", "token"],
      ["action", "restore", "a", "token"],
    ]);
  });

  it("hears of actions on sessions by the object of the site, once each, and with no more of an id than 8 characters", async () => {
    await pool.admin.end("AAAAAAAAAAAAAAAAAAAAAA");
    await ring();
    await expect.poll(() => told().length).toBe(1);
    const [call] = told();
    expect(call).toMatchObject({ event: "action", who: "token", from: "api", session: "AAAAAAAA" });
    expect(pool.site.indiscretions(WEBHOOK_SECRET)).toEqual([]);
    expect(JSON.stringify(call)).not.toContain("AAAAAAAAA");
  });
});

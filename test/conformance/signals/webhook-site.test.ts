/** @needs redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import { countsIn } from "../../support/node/metrics-text.ts";
import { startStores } from "../../support/node/stores.ts";
import { startWebhookReceiver, WEBHOOK_SECRET } from "../../support/node/webhook-receiver.ts";

const receiver = await startWebhookReceiver();
const stores = await startStores({
  isolates: 2,
  apart: true,
  admin: { webhook: { url: receiver.url } },
  adminToken: ADMIN_TOKEN,
  texts: { MOOR_WEBHOOK_SECRET: WEBHOOK_SECRET },
});
const { site, shopper } = stores;
const { moor } = site;
const admin = adminOf(site);
afterAll(async () => {
  await stores.stop();
  await receiver.stop();
});

/** The calls of the events of stores and of the cron job. */
const told = () =>
  receiver.accepted.map(({ told: { event, store, state } }) => [event, store, state].filter(Boolean).join(" "));
const metric = async (name: string) => countsIn((await admin.metrics("site")).text, name);

/** A minute in which visitors come to each process, and the cron job runs if it is `swept`. */
async function minute({ swept = true } = {}): Promise<void> {
  await moor.elapse(61);
  for (const port of moor.ports) {
    for (let visitor = 0; visitor < 2; visitor++)
      await site.client().send("/?set=basket:tea", { port, method: "POST" });
  }
  if (swept) await moor.runScheduled();
  // The report of the cron job is due in the next minute at the latest, because the isolate may have just reported.
  await moor.ringAlarm("~site");
}

/** Lets minutes pass until the receiver has these calls. Of two conditions that end, either may be told first. */
async function comes(calls: readonly string[], options: { swept?: boolean } = {}): Promise<void> {
  const next = async () => {
    await minute(options);
    return told().sort();
  };
  await expect.poll(next, { timeout: 60_000 }).toEqual(calls.toSorted());
}

describe("the webhook, of the object of the site", () => {
  it("is called once when both processes stop asking a store, and once when the cron job has left its journal for five minutes", async () => {
    await minute();
    expect(told()).toEqual([]);
    const visitor = await shopper();
    await stores.withoutObjects(async () => {
      await visitor.ask("/?set=basket:coffee", { method: "POST" });
      await comes(["store-away object began"]);
      const since = await metric("moor_journal_oldest_seconds");
      await comes(["store-away object began", "journal-waits began"]);
      expect(await metric("moor_journal_pending")).toBeGreaterThan(0);
      expect(await metric("moor_journal_oldest_seconds")).toBeGreaterThan(Math.max(240, since));
    });
    await comes(["store-away object began", "journal-waits began", "store-away object over", "journal-waits over"]);
    expect(await metric("moor_journal_pending")).toBe(0);
    expect(await metric("moor_journal_oldest_seconds")).toBe(0);
  });

  it("is called once when the cron job has not run for five minutes, and once after it runs again", async () => {
    const before = told();
    await comes([...before, "sweep-failed began"], { swept: false });
    for (let more = 0; more < 3; more++) await minute({ swept: false });
    expect(told()).toEqual([...before, "sweep-failed began"]);
    await comes([...before, "sweep-failed began", "sweep-failed over"]);
  });

  it("signs each call, and repeats none", () => {
    expect(receiver.calls.every(({ isSigned }) => isSigned)).toBe(true);
    expect(new Set(receiver.calls.map(({ id }) => id)).size).toBe(receiver.calls.length);
  });
});

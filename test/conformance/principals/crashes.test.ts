import { afterAll, expect, it } from "vitest";
import { ADMIN_TOKEN, adminOf } from "../../support/node/admin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const LIMIT = 12;
const origin = await startOrigin("a");
const site = await startSite([origin], {
  admin: {},
  adminToken: ADMIN_TOKEN,
  principals: { limit: { sessions: LIMIT, onTooMany: "refuse" } },
  routes: [{ path: "/*", pool: "shop", freshness: "strict" }],
});
const admin = adminOf(site);
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

/** The ids of the sessions that are logged in, as their own visitors would see it: a lost response leaves the old proof. */
async function loggedIn(ids: readonly string[]): Promise<string[]> {
  const alive = await Promise.all(
    ids.map(async (id) => {
      const { status, text } = await admin.ask(`/sessions/${id}`);
      return status === 200 && JSON.parse(text).principal !== undefined ? id : undefined;
    }),
  );
  return alive.filter((id) => id !== undefined).sort();
}

interface Round {
  readonly alice: string;
  readonly ids: readonly string[];
  readonly acknowledged: number;
}

/** Sixteen visitors log in at once, and the process is killed when so many logins have been answered. */
async function crashDuringLogins(answers: number): Promise<Round> {
  const alice = `alice-${answers}`;
  const browsers = Array.from({ length: 16 }, () => site.client());
  const ids = await Promise.all(
    browsers.map(async (browser) => {
      await browser.ask("/?set=basket:apples", { method: "POST" });
      return (await browser.ask("/")).told.session.sid ?? "";
    }),
  );
  const enough = Promise.withResolvers<void>();
  let answered = 0;
  const logins = browsers.map((browser) =>
    browser.ask(`/?login=${alice}`, { method: "POST" }).then(
      ({ status }) => {
        if (++answered === answers) enough.resolve();
        return status;
      },
      () => 0,
    ),
  );
  await enough.promise;
  await site.moor.crashAndRestart();
  return { alice, ids, acknowledged: (await Promise.all(logins)).filter((status) => status === 200).length };
}

it("logins that kill -9 cuts off in the middle are repaired by alarm, and every login is in the index", async () => {
  const rounds: Round[] = [];
  for (const answers of [1, 2, 3, 5, 8, 12]) rounds.push(await crashDuringLogins(answers));
  // An alarm of a session that has not told the index of its login rings ten seconds after it. An alarm of the index
  // checks its reservations nine seconds after it. Other alarms ring hours later.
  await expect.poll(() => site.moor.alarmsWithin(60), { interval: 200 }).toBe(0);

  for (const { alice, ids, acknowledged } of rounds) {
    // A read of the session would have it tell of itself, so the index is asked first.
    const counted = await admin.count(alice);
    const listed = (await admin.list(alice)).map(({ id }) => id).sort();
    const truth = await loggedIn(ids);
    expect(listed).toEqual(truth);
    expect(counted).toBe(truth.length);
    expect(truth.length).toBeGreaterThanOrEqual(acknowledged);
    expect(truth.length).toBeLessThanOrEqual(LIMIT);

    // The right number of places is free.
    const statuses: number[] = [];
    for (let login = truth.length; login <= LIMIT; login++) {
      statuses.push((await site.client().ask(`/?login=${alice}`, { method: "POST" })).status);
    }
    expect(statuses).toEqual([...Array.from({ length: LIMIT - truth.length }, () => 200), 403]);

    expect(JSON.parse((await admin.endAll(alice)).text)).toMatchObject({ left: 0 });
    expect(await loggedIn(ids)).toEqual([]);
    expect(await admin.list(alice)).toEqual([]);
  }
});

/** @needs redis-server */
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { startRedis } from "../../bin/local-redis/rest.ts";
import { ProviderVisitor } from "../../support/node/identity-provider.ts";
import { logIn, PAGE, SCRIPT, startGuardedSite, tellLogout } from "./guarded-site.ts";

const REFRESH_SECONDS = 60;
const redis = await startRedis({ survivesKill: true });
const guarded = await startGuardedSite({
  login: { backchannel: true, refreshSeconds: REFRESH_SECONDS },
  principals: {},
  redis,
});
const { site, provider, stop } = guarded;
const { moor } = site;
afterAll(async () => {
  await stop();
  await redis.stop();
});

/** How far Moor's clock is ahead of the provider's, in seconds. */
let ahead = 0;
async function elapse(seconds: number) {
  ahead += seconds;
  await moor.elapse(seconds);
}
/** Has the provider tell of a logout now, by Moor's clock. */
function tell(sub: string) {
  const iat = Math.floor(Date.now() / 1000) + ahead;
  return tellLogout(guarded, { sub, iat, exp: iat + 120 });
}

/** A visitor who is logged in. */
async function logInAs(login: string) {
  const client = site.client();
  const visitor = new ProviderVisitor();
  await logIn(client, "/orders/7", { login }, visitor);
  return { login, client, visitor };
}
const crowd = await Promise.all(Array.from({ length: 8 }, (_, at) => logInAs(`visitor-${at}`)));

/**
 * Has the whole crowd ask for pages while something happens. Returns the answers that were not the page of the visitor.
 *
 * @param work takes a function that waits until everybody has been answered several times.
 */
async function underLoad(work: (answered: () => Promise<void>) => Promise<void>) {
  let isOver = false;
  let asked = 0;
  const wrong: string[] = [];
  const asking = crowd.map(async ({ login, client }) => {
    for (let times = 0; !isOver; times++) {
      const answer = await client.ask(`/orders/${times}`, { headers: times % 2 ? PAGE : SCRIPT });
      const shown = answer.status === 200 ? answer.told.session.sub : undefined;
      if (shown !== login) wrong.push(`${login}: ${answer.status} ${shown}`);
      asked++;
    }
  });
  const answered = async () => {
    const before = asked;
    await expect.poll(() => asked, { timeout: 30_000 }).toBeGreaterThan(before + 5 * crowd.length);
  };
  try {
    // The outage begins, and ends, while requests are under way.
    await answered();
    await work(answered);
    await answered();
  } finally {
    isOver = true;
    await Promise.all(asking);
  }
  return wrong;
}

/** The callback of a visitor who has logged in at the provider, and not here yet. */
async function waitingAtCallback(login: string) {
  const client = site.client();
  const sent = await client.ask("/orders/7", { headers: PAGE });
  const { pathname, search } = await new ProviderVisitor().logIn(String(sent.headers.location), { login });
  return { client, comeBack: () => client.ask(pathname + search, { headers: PAGE }) };
}

/** A visitor logs in from the beginning to the end. Returns the status of their page. */
async function newcomer(login: string): Promise<number> {
  const { client } = await logInAs(login);
  return (await client.ask("/orders/7", { headers: PAGE })).status;
}
/** Has a provider that is here end the session of a visitor, and waits until it has ended. */
async function loggedOutByProvider(login: string): Promise<number> {
  const { client } = await logInAs(login);
  const { status } = await tell(login);
  await expect
    .poll(async () => (await client.ask("/strict/page", { headers: SCRIPT })).status, { timeout: 20_000 })
    .toBe(401);
  return status;
}
const due = () => elapse(REFRESH_SECONDS + 1);

beforeEach(due);
afterEach(async () => {
  // Whatever was away, every visitor is still logged in, as the authority says, and their login is renewed.
  await elapse(REFRESH_SECONDS + 15);
  for (const { login, client } of crowd) {
    await expect
      .poll(async () => (await client.ask("/strict/page", { headers: SCRIPT })).status, {
        message: login,
        timeout: 15_000,
      })
      .toBe(200);
  }
  expect(moor.logged.filter((line) => line.includes("login_lapsed"))).toEqual([]);
});

describe("while the provider is away", () => {
  const away = async (work: () => Promise<void>) => {
    provider.trouble = 503;
    await work().finally(() => {
      provider.trouble = undefined;
    });
  };

  it("every visitor goes on, though their login is due to be renewed; nobody new logs in; and a known key ends sessions", async () => {
    const waiting = await waitingAtCallback("late");
    const { client: leaving } = await logInAs("leaving");
    expect((await tell("nobody")).status).toBe(200);
    const answers: Record<string, unknown> = {};
    const wrong = await underLoad((answered) =>
      away(async () => {
        const callback = await waiting.comeBack();
        answers.callback = [
          callback.status,
          callback.headers["retry-after"],
          callback.text.includes("/.moor/login?to="),
        ];
        answers.backchannel = (await tell("leaving")).status;
        await due();
        await answered();
      }),
    );
    expect(wrong).toEqual([]);
    expect(answers).toEqual({ callback: [503, "2", true], backchannel: 200 });
    expect((await leaving.ask("/strict/page", { headers: SCRIPT })).status).toBe(401);
  });
});

describe("while the objects of sessions are away", () => {
  it("every visitor goes on, though their login is due; a login and a logout by the provider are 503, and can be tried again", async () => {
    const waiting = await waitingAtCallback("late");
    const answers: Record<string, unknown> = {};
    const wrong = await underLoad(async (answered) => {
      await moor.objects.meet({ kind: "down" });
      const callback = await waiting.comeBack();
      answers.callback = [callback.status, callback.headers["retry-after"]];
      answers.backchannel = (await tell("visitor-0")).status;
      // A breaker opens when several calls have failed. No login begins then that could not be finished.
      await expect
        .poll(async () => (await site.client().ask("/orders/7", { headers: PAGE })).status, { timeout: 15_000 })
        .toBe(503);
      await due();
      await answered();
      await moor.objects.meet(undefined);
    });
    expect(wrong).toEqual([]);
    expect(answers).toEqual({ callback: [503, "2"], backchannel: 503 });
    await expect.poll(() => newcomer("later").catch(() => 503), { timeout: 15_000 }).toBe(200);
  });
});

describe("while Redis is away", () => {
  it("every visitor goes on, others log in, and logins are renewed; a logout by the provider is noted", async () => {
    const refreshes = provider.refreshes;
    await logInAs("leaving-2");
    const answers: Record<string, unknown> = {};
    const wrong = await underLoad(async () => {
      await redis.kill();
      answers.login = await newcomer("new-1");
      answers.backchannel = (await tell("leaving-2")).status;
      await due();
      await expect.poll(() => provider.refreshes).toBeGreaterThan(refreshes);
      await redis.restart();
    });
    expect(wrong).toEqual([]);
    expect(answers).toEqual({ login: 200, backchannel: 200 });
    // backchannel-outage.test.ts sees the session end. Its alarm would ring late here, by as much as the clock is ahead.
  });
});

describe("while KV is away", () => {
  it("every visitor goes on, others log in, logins are renewed, and the provider ends sessions", async () => {
    const refreshes = provider.refreshes;
    const answers: Record<string, unknown> = {};
    const wrong = await underLoad(async () => {
      await moor.setKv("away");
      answers.login = await newcomer("new-2");
      answers.backchannel = await loggedOutByProvider("leaving-3");
      await due();
      await expect.poll(() => provider.refreshes).toBeGreaterThan(refreshes);
      await moor.setKv("here");
    });
    expect(wrong).toEqual([]);
    expect(answers).toEqual({ login: 200, backchannel: 200 });
  });
});

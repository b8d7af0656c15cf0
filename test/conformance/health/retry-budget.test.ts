import { afterAll, describe, expect, it } from "vitest";
import { startRawOrigin } from "../../support/node/raw-origin.ts";
import { startSite } from "../../support/node/site.ts";
import { explained } from "../../support/node/stores.ts";

const REQUESTS = 200;
const BUDGET = { budgetPercent: 10, minRetries: 5 };

const origins = await Promise.all(["a", "b", "c"].map(startRawOrigin));
const site = await startSite(origins, { explain: true, pool: { retryBudget: BUDGET } });
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.stop()));
});

describe("a storm of failures", () => {
  it("brings origins no more than the requests and the pool's retry budget", async () => {
    for (const origin of origins) origin.answers((_, socket) => socket.destroy());
    const answers = [];
    for (let round = 0; round < REQUESTS / 10; round++) {
      const clients = Array.from({ length: 10 }, () => site.client());
      answers.push(...(await Promise.all(clients.map((client) => client.ask("/")))));
    }
    expect(answers.every(({ status }) => status === 502)).toBe(true);

    const reached = origins.reduce((sum, { requests }) => sum + requests.length, 0);
    const budget = (REQUESTS * BUDGET.budgetPercent) / 100 + BUDGET.minRetries;
    expect(reached).toBeGreaterThan(REQUESTS);
    expect(reached).toBeLessThanOrEqual(REQUESTS + budget);
    const spent = answers.filter((answer) => explained(answer).includes("; retry=budget"));
    expect(spent.length).toBeGreaterThan(REQUESTS / 2);
    expect(site.moor.logged.filter((line) => line.includes("unreachable; the retry budget is spent"))).toHaveLength(
      spent.length,
    );
  });

  it("is over as soon as they answer", async () => {
    for (const origin of origins) {
      origin.answers((_, socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    }
    for (let request = 0; request < 20; request++) expect((await site.client().ask("/")).text).toBe("ok");
  });
});

/** @needs redis-server */
import { afterAll, expect, it } from "vitest";
import { startRedisServer } from "../../../bin/local-redis/redis-server.ts";
import { startOldExpress, visitorOf } from "../../support/node/old-express.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import { rehearse, type Shopper, type Weights } from "./rehearsal.ts";

const VISITORS = Number(process.env.MOOR_REHEARSAL ?? 100);
const SERVERS = 3;
/** Server by server to the new application, and back. */
const STAGES: Weights[] = [
  { old: 2, new: 1 },
  { old: 1, new: 2 },
  { old: 0, new: 3 },
  { old: 3, new: 0 },
];

const keys = await testKeys();
const redis = await startRedisServer();
const names = Array.from({ length: SERVERS }, (_, nth) => nth);
const olds = await Promise.all(
  names.map((nth) => startOldExpress(redis!.socket, { keys: keys.confirm, issuer: TEST_ISSUER, name: `old-${nth}` })),
);
const news = await Promise.all(names.map((nth) => startOrigin(`new-${nth}`)));
const routesFor = (weights: Weights) => [
  {
    path: "/*",
    pool: [
      { id: "old", weight: weights.old },
      { id: "new", weight: weights.new },
    ],
  },
];
const site = await startSite([], {
  pools: [
    { id: "new", origins: news.map(originConfig), session: { may: ["patch", "principal", "end"] } },
    { id: "old", origins: olds.map(originConfig), session: { may: [] } },
  ],
  routes: routesFor(STAGES[0] as Weights),
  adopt: [
    {
      from: "app",
      cookies: ["connect.sid"],
      confirm: { pool: "old", path: "/moor-adopt" },
      until: "2090-01-01T00:00:00Z",
    },
  ],
  keys,
  isolates: 2,
});
afterAll(async () => {
  await site.stop();
  await Promise.all(olds.map((old) => old.stop()));
  await Promise.all(news.map((origin) => origin.kill()));
  await redis?.stop();
});

async function shopper(nth: number): Promise<Shopper> {
  const { name, cookie } = await visitorOf(olds[nth % SERVERS]!);
  return { user: name, client: site.client([["connect.sid", cookie]]), fruits: ["apples"], last: undefined };
}

async function shoppers(): Promise<Shopper[]> {
  const found: Shopper[] = [];
  while (found.length < VISITORS) {
    const some = Array.from({ length: Math.min(50, VISITORS - found.length) }, (_, nth) => shopper(nth));
    found.push(...(await Promise.all(some)));
  }
  return found;
}

it("a shop moves server by server under load, and back, and no visitor loses their login, a change or their server", {
  timeout: 30 * 60_000,
}, async () => {
  const seen = await rehearse(await shoppers(), {
    stages: STAGES,
    deploy: (weights) => site.moor.deployConfig({ routes: routesFor(weights) }),
  });
  console.info(JSON.stringify({ ...seen, failed: seen.failed.slice(0, 10) }));
  expect(seen.failed).toEqual([]);
  expect(seen).toMatchObject({ visitors: VISITORS, loggedOut: 0, lost: 0, movedWithoutNeed: 0 });
  expect(seen.moved).toBeGreaterThan(VISITORS / 2);
});

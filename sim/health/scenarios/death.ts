import { setTimeout as sleep } from "node:timers/promises";
import { type ScriptedOrigin, startScripted } from "../origins.ts";
import { type Outcome, performedBy, type Scenario } from "../scenario.ts";
import { total } from "../total.ts";
import {
  atOnce,
  inTurn,
  moved,
  type Roaming,
  refused,
  roam,
  slowestMs,
  type Visit,
  type Visitor,
} from "../visitors.ts";

const [three, four] = [() => startScripted(3), () => startScripted(4)];
const TWO_REGIONS = { regions: { a: "weur", b: "weur", c: "enam", d: "enam" } } as const;
/** How Cloudflare tells where a client is. */
const IN_EUROPE = { "CF-IPContinent": "EU", "CF-IPLongitude": "2" };
const MIXED = { postEvery: 5, pauseMs: (nth: number) => 100 + ((nth * 37) % 100) };

/** Requests that were lost, by method. */
function lost(visits: readonly Visit[]): Outcome {
  return { lostGets: refused(visits, "GET"), lostPosts: refused(visits, "POST") };
}

const homeOf = ({ home }: Visitor, origins: readonly ScriptedOrigin[]) =>
  origins.find(({ name }) => name === home) as ScriptedOrigin;

/** Of visitors whose own origin is another. */
const ofOthers = (visits: readonly Visit[], than: string) => visits.filter(({ visitor }) => visitor.home !== than);

/** Visitors roam, and after a second and a half something befalls. */
async function roamWhile(visitors: readonly Visitor[], roaming: Roaming, befalls: () => Promise<void>) {
  const roamed = roam(visitors, roaming);
  await sleep(1_500);
  await befalls();
  return roamed;
}

const cloudflareStatus = (status: 520 | 521, about: string, bounds: Outcome): Scenario => ({
  name: `dead-${status}`,
  about,
  fronts: ["moor"],
  bounds,
  perform: performedBy(three, async ({ origins, visitors }) => {
    const all = await visitors(30);
    await origins[0]?.behave(`cloudflare-${status}`);
    const visits: Visit[] = [];
    for (let round = 0; round < 3; round++) visits.push(...(await atOnce(all, "POST")), ...(await atOnce(all)));
    return { ...lost(visits), moved: moved(ofOthers(visits, "a")) };
  }),
});

const coldRegion = (status: 520 | 521, bounds: Outcome): Scenario => ({
  name: `region-${status}`,
  about: `two of four origins, a region, answer ${status} to an isolate that knows nothing; 40 GETs at once`,
  fronts: ["moor"],
  settings: TWO_REGIONS,
  bounds,
  perform: performedBy(four, async ({ origins, stranger }) => {
    for (const origin of origins.slice(0, 2)) await origin.behave(`cloudflare-${status}`);
    const visits = await Promise.all(Array.from({ length: 40 }, () => stranger().ask("/", "GET", IN_EUROPE)));
    return { ...lost(visits), sends: await total(origins, "GET /") };
  }),
});

/** Origins that die: visitors of other origins notice nothing, and their own visitors lose as little as possible. */
export const death: readonly Scenario[] = [
  {
    name: "dead",
    about: "one of three origins is killed while 30 visitors send GETs and POSTs, 4 : 1",
    bounds: { lostGets: 0, lostPosts: 3, moved: 0 },
    perform: performedBy(three, async ({ origins, visitors }) => {
      const visits = await roamWhile(await visitors(30), { ...MIXED, forMs: 5_000 }, async () => origins[0]?.kill());
      return { ...lost(visits), moved: moved(ofOthers(visits, "a")), slowestMs: slowestMs(visits) };
    }),
  },
  {
    name: "dead-posts",
    about: "one of three origins is killed while 24 visitors send only POSTs; three times",
    // At most half of the 11 that an earlier version of Moor lost.
    bounds: { lostPosts: 5 },
    async perform(raise) {
      const once = performedBy(three, async ({ origins, visitors }) => {
        const pauseMs = (nth: number) => 150 + ((nth * 37) % 100);
        const roaming = { forMs: 3_500, postEvery: 1, pauseMs };
        return lost(await roamWhile(await visitors(24), roaming, async () => origins[0]?.kill()));
      });
      let lostPosts = 0;
      for (let time = 0; time < 3; time++) lostPosts += (await once(raise)).lostPosts ?? 0;
      return { lostPosts };
    },
  },
  cloudflareStatus(521, "Cloudflare answers 521 for one of three origins; 30 visitors send 90 GETs and 90 POSTs", {
    lostGets: 0,
    lostPosts: 0,
    moved: 0,
  }),
  cloudflareStatus(520, "the same with 520, which does not tell whether the origin has got the request", {
    lostGets: 0,
    moved: 0,
  }),
  {
    name: "lone-post",
    about: "the only visitor sends 8 POSTs when their origin of three has died",
    bounds: { lostPosts: 1 },
    perform: performedBy(three, async ({ origins, visitors }) => {
      const [visitor] = (await visitors(1)) as [Visitor];
      await homeOf(visitor, origins).kill();
      return { lostPosts: refused(await inTurn(Array<Visitor>(8).fill(visitor), () => "POST")) };
    }),
  },
  {
    name: "lone-twice",
    about: "the origin of the only visitor dies, and then the one that stands in",
    bounds: { lostGets: 0 },
    perform: performedBy(three, async ({ origins, visitors }) => {
      const [visitor] = (await visitors(1)) as [Visitor];
      const visits: Visit[] = [];
      for (let death = 0; death < 2; death++) {
        const { by } = await visitor.ask();
        await origins.find(({ name }) => name === by)?.kill();
        visits.push(...(await inTurn([visitor, visitor])));
      }
      return { lostGets: refused(visits) };
    }),
  },
  {
    name: "silent",
    about: "the origin of the only visitor takes requests and never answers; the deadline is 1 s, for 15 s",
    settings: { deadlineSeconds: 1 },
    bounds: { refused: 0, late: 2, slowestMs: 2_500 },
    perform: performedBy(three, async ({ origins, visitors }) => {
      const [visitor] = (await visitors(1)) as [Visitor];
      await homeOf(visitor, origins).behave("silent");
      const visits = await roam([visitor], { forMs: 15_000, postEvery: Infinity, pauseMs: () => 500 });
      const late = visits.filter(({ tookMs }) => tookMs > 900).length;
      return { refused: refused(visits), late, slowestMs: slowestMs(visits) };
    }),
  },
  {
    name: "region",
    about: "two of four origins, a region, are killed; all their visitors come at once, twice",
    settings: TWO_REGIONS,
    bounds: { lostGets: 5 },
    perform: performedBy(four, async ({ origins, visitors }) => {
      const all = (await visitors(60)).filter(({ home }) => home === "a" || home === "b");
      await Promise.all(origins.slice(0, 2).map((origin) => origin.kill()));
      const visits = [...(await atOnce(all)), ...(await atOnce(all))];
      return { lostGets: refused(visits), requests: visits.length };
    }),
  },
  coldRegion(521, { lostGets: 0 }),
  coldRegion(520, {}),
  {
    name: "crash",
    about:
      "a GET ends the process that it meets, which is back in 300 ms; 30 visitors send GETs and POSTs, 4 : 1, for 8 s",
    bounds: { lostGets: 0, crashed: 2 },
    perform: performedBy(three, async ({ origins, visitors, stranger }) => {
      const roaming = { ...MIXED, forMs: 8_000 };
      const visits = await roamWhile(await visitors(30), roaming, async () => void (await stranger().ask("/crash")));
      const counts = await Promise.all(origins.map((origin) => origin.served("GET /crash")));
      const crashed = counts.filter((count) => count > 0).length;
      return { ...lost(visits), moved: moved(visits), crashed };
    }),
  },
];

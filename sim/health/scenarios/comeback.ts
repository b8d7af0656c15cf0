import { setTimeout as sleep } from "node:timers/promises";
import { type ScriptedOrigin, startScripted } from "../origins.ts";
import { performedBy, type Scenario } from "../scenario.ts";
import { total } from "../total.ts";
import { atOnce, inTurn, moved, refused, roam, type Visit, type Visitor } from "../visitors.ts";

const two = () => startScripted(2);
const MIXED = { postEvery: 5, pauseMs: (nth: number) => 60 + nth * 5 };

/** Two servers are killed in turn, each for three seconds, as a restart without care does it. */
const roll = (name: string, about: string, gapMs: number): Scenario => ({
  name,
  about,
  ...(gapMs > 2_000 ? { fronts: ["moor"] } : {}),
  bounds: { lostGets: 0, lostPosts: 4 },
  perform: performedBy(two, async ({ origins, visitors }) => {
    const all = await visitors(8);
    const visits = roam(all, { ...MIXED, forMs: 1_500 + 2 * (3_000 + gapMs) + 2_000 });
    await sleep(1_500);
    for (const origin of origins) {
      await origin.kill();
      await sleep(3_000);
      await origin.restart();
      await sleep(gapMs);
    }
    const done = await visits;
    return { lostGets: refused(done, "GET"), lostPosts: refused(done, "POST") };
  }),
});

/** Origins that come back, or that fail now and then. */
export const comeback: readonly Scenario[] = [
  {
    name: "post-only",
    about:
      "one of two origins dies and returns; 12 visitors send only POSTs, every 5 s; its own are counted after 20 s",
    bounds: { lostPosts: 1, away: 0 },
    perform: performedBy(two, async ({ origins, visitors }) => {
      const all = await visitors(12);
      const [a] = origins as [ScriptedOrigin];
      await a.kill();
      for (let round = 0; round < 2; round++) await atOnce(all, "POST");
      await a.restart();
      const visits: Visit[] = [];
      for (let round = 0; round < 4; round++) {
        await sleep(5_000);
        visits.push(...(await atOnce(all, "POST")));
      }
      const last = visits.slice(-all.length);
      return {
        lostPosts: refused(visits),
        away: last.length - last.filter(({ by, visitor }) => by === visitor.home).length,
      };
    }),
  },
  {
    name: "other-dies",
    about: "one of two origins dies and returns; 14 s later the other dies, and its visitor sends 20 POSTs",
    bounds: { lostPosts: 1 },
    perform: performedBy(two, async ({ origins, visitors }) => {
      const all = await visitors(16);
      const [ofA, ofB] = ["a", "b"].map((name) => all.find(({ home }) => home === name)) as [Visitor, Visitor];
      const [a, b] = origins as [ScriptedOrigin, ScriptedOrigin];
      await a.kill();
      await inTurn([ofA, ofA]);
      await a.restart();
      await roam([ofB], { forMs: 14_000, postEvery: Infinity, pauseMs: () => 1_000 });
      await b.kill();
      return { lostPosts: refused(await roam([ofB], { forMs: 4_000, postEvery: 1, pauseMs: () => 200 })) };
    }),
  },
  roll(
    "roll",
    "two servers are killed in turn, for 3 s each, 1.5 s apart; 8 visitors send GETs and POSTs, 4 : 1",
    1_500,
  ),
  roll("roll-slow", "the same, 12 s apart", 12_000),
  {
    name: "flaky",
    about:
      "one of three origins drops half of its requests, by chance; 30 visitors send GETs and POSTs, 4 : 1, for 8 s",
    bounds: { lostGets: 0 },
    perform: performedBy(
      () => startScripted(3),
      async ({ origins, visitors }) => {
        const all = await visitors(30);
        await origins[0]?.behave("flaky");
        const visits = await roam(all, { postEvery: 5, forMs: 8_000, pauseMs: (nth) => 100 + nth * 3 });
        const ofOthers = visits.filter(({ visitor }) => visitor.home !== "a");
        return { lostGets: refused(visits, "GET"), lostPosts: refused(visits, "POST"), moved: moved(ofOthers) };
      },
    ),
  },
  {
    name: "deaf",
    about: "one of three origins drops HEAD, and all drop a scanner's GET each second, beside 30 visitors for 28 s",
    fronts: ["moor"],
    bounds: { refused: 0 },
    perform: performedBy(
      () => startScripted(3),
      async ({ origins, visitors, stranger }) => {
        const all = await visitors(30);
        await origins[0]?.behave("deaf");
        const visits: Visit[] = [];
        for (let second = 0; second < 28; second++) {
          await stranger().ask("/drop");
          visits.push(...(await inTurn(all)));
          await sleep(900);
        }
        const sends = await total(origins, "GET /drop");
        return { refused: refused(visits), moved: moved(visits), requests: visits.length, sends };
      },
    ),
  },
];

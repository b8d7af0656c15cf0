import { setTimeout as sleep } from "node:timers/promises";
import { startDroppingNginx, startScripted, startUwsgi } from "../origins.ts";
import { type Outcome, performedBy, type Scenario } from "../scenario.ts";
import { total } from "../total.ts";
import { inRounds, inTurn, moved, refused, slowestMs, type Visit } from "../visitors.ts";

const SLOW = { deadlineSeconds: 1 };
const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version": "13",
};

function became(visits: readonly Visit[]): Outcome {
  return { refused: refused(visits), moved: moved(visits) };
}

const scan = (name: string, about: string, strictAffinity: boolean): Scenario => ({
  name,
  about,
  ...(strictAffinity ? { fronts: ["moor"], settings: { pool: { strictAffinity } } } : {}),
  bounds: { refused: 0, moved: 0 },
  perform: performedBy(
    () => startScripted(4),
    async ({ origins, visitors, stranger }) => {
      const all = await visitors(40);
      const scanning = (async () => {
        for (let second = 0; second < 8; second++) {
          await stranger().ask("/drop");
          await sleep(1_000);
        }
      })();
      const visits = await inRounds(all, 8_000, 330);
      await scanning;
      const [sends, questions] = [await total(origins, "GET /drop"), await total(origins, "HEAD /")];
      return { ...became(visits), requests: visits.length, sends, questions };
    },
  ),
});

const slow = (name: string, about: string, playedBy: { readonly others: boolean }): Scenario => ({
  name,
  about,
  settings: SLOW,
  bounds: { refused: 0, moved: 0, sends: 6, slowestMs: 2_000 },
  perform: performedBy(
    () => startScripted(5),
    async ({ origins, visitors, stranger }) => {
      const all = await visitors(playedBy.others ? 50 : 20);
      const reader = await stranger().settle();
      await sleep(500);
      const reading = Promise.all(Array.from({ length: 6 }, () => reader.ask("/slow")));
      const visits = playedBy.others ? await inRounds(all, 5_000, 450) : [];
      const pages = await reading;
      visits.push(...(await inTurn(all)));
      return { ...became(visits), sends: await total(origins, "GET /slow"), slowestMs: slowestMs(pages) };
    },
  ),
});

/** Requests that are at fault themselves: the origins are well, and no other visitor may notice. */
export const poison: readonly Scenario[] = [
  {
    name: "drop",
    about: "all three origins drop one visitor's GET; 60 others come after it",
    bounds: { refused: 0, moved: 0, sends: 4, ejections: 0 },
    perform: performedBy(
      () => startScripted(3),
      async ({ origins, visitors, stranger }) => {
        const all = await visitors(60);
        await stranger().ask("/drop");
        return { ...became(await inTurn(all)), sends: await total(origins, "GET /drop") };
      },
    ),
  },
  {
    name: "drop-nginx",
    about: "the same, and the origins are nginx with `return 444`",
    fronts: ["moor"],
    needs: ["nginx"],
    bounds: { refused: 0, moved: 0, ejections: 0 },
    perform: performedBy(
      () => startDroppingNginx(3),
      async ({ visitors, stranger }) => {
        const all = await visitors(60);
        await stranger().ask("/drop");
        return became(await inTurn(all));
      },
    ),
  },
  {
    name: "drop-post",
    about: "all three origins drop 12 POSTs of strangers; 60 visitors come after them",
    bounds: { refused: 0, moved: 0, ejections: 0 },
    perform: performedBy(
      () => startScripted(3),
      async ({ origins, visitors, stranger }) => {
        const all = await visitors(60);
        for (let post = 0; post < 12; post++) await stranger().ask("/drop", "POST");
        const visits = await inTurn(all, (nth) => (nth % 2 === 0 ? "GET" : "POST"));
        return { ...became(visits), sends: await total(origins, "POST /drop") };
      },
    ),
  },
  {
    name: "upgrade",
    about: "all three origins drop 3 WebSocket upgrades; 60 visitors come after them",
    bounds: { refused: 0, moved: 0, sends: 3, ejections: 0 },
    perform: performedBy(
      () => startScripted(3),
      async ({ origins, visitors, stranger }) => {
        const all = await visitors(60);
        for (let upgrade = 0; upgrade < 3; upgrade++) await stranger().ask("/socket", "GET", UPGRADE);
        return { ...became(await inTurn(all)), sends: await total(origins, "upgrade") };
      },
    ),
  },
  {
    name: "uwsgi",
    about: "two uWSGI origins drop 5 requests with 4.2 KB of headers; 40 visitors come after them",
    needs: ["uwsgi"],
    bounds: { refused: 0, moved: 0, ejections: 0 },
    perform: performedBy(
      () => startUwsgi(2),
      async ({ visitors, stranger }) => {
        const all = await visitors(40);
        for (let request = 0; request < 5; request++) {
          await stranger().ask("/", "GET", { "X-Large": "x".repeat(4_200) });
        }
        return became(await inTurn(all));
      },
    ),
  },
  scan("scanner", "all four origins drop a GET of a scanner each second, beside 40 visitors for 8 s", false),
  scan("scanner-strict", "the same with `strictAffinity`", true),
  slow("slow", "six pages of one visitor take 1.5 s, the deadline is 1 s; 50 visitors come meanwhile", {
    others: true,
  }),
  slow("slow-quiet", "the same, and 20 visitors come only afterwards", { others: false }),
  {
    name: "throttled",
    about: "an origin answers one visitor three times with 429 and `Retry-After`; then 40 new visitors come",
    bounds: { refused: 0, fullest: 32 },
    perform: performedBy(
      () => startScripted(2),
      async ({ visitors, stranger }) => {
        const one = await stranger().settle();
        for (let request = 0; request < 3; request++) await one.ask("/429");
        // Births are known to the second.
        await sleep(1_500);
        const homes = (await visitors(40)).map(({ home }) => home);
        const fullest = Math.max(...["a", "b"].map((name) => homes.filter((home) => home === name).length));
        return { refused: homes.filter((home) => home === "").length, fullest };
      },
    ),
  },
];

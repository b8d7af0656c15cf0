/** @needs redis-server */
import { afterAll, describe, expect, it } from "vitest";
import { startStores } from "../../support/node/stores.ts";
import { createRandom } from "../../torture/random.ts";
import { byCookie, byHeader, byUrl, type Visiting, type Visitor } from "./visitors.ts";

const stores = await startStores({
  session: { graceSeconds: 1 },
  stores: { backup: "sync" },
  carriers: [{ type: "cookie" }, { type: "header" }, { type: "url" }],
});
afterAll(() => stores.stop());

const SCHEDULES = 40;
/** Requests of a schedule while the objects answer, while they are away, and after they are back. */
const [BEFORE, AWAY, AFTER] = [14, 8, 8];
const CARRIERS: [string, Visiting][] = [
  ["cookies", byCookie],
  ["a header", byHeader],
  ["addresses", byUrl],
];

/** A client that logs in under its own name only, and copies of all that it has ever held. */
interface Party {
  readonly name: string;
  visitor: Visitor;
  readonly past: Visitor[];
}

/** The request that a party sends next. An attribute that it writes after its login begins with its name. */
function queryOf(name: string, nth: number, below: (bound: number) => number): string {
  const queries = [
    `?login=${name}&set=card:${name}${nth}`,
    `?set=user:${name}&set=card:${name}${nth}&rotate`,
    "?rotate",
    "?flash=%7B%22hint%22%3A1%7D",
    "?end",
    "?set=basket:tea",
    "",
    "",
  ];
  return `/${queries[below(queries.length)]}`;
}

/** A schedule of two clients who begin with the same token. */
async function begin(visiting: Visiting, seed: number) {
  const { below } = createRandom(seed);
  const first = visiting(stores.site, "shop.test");
  await first.ask(below(2) === 0 ? "/" : "/?set=basket:apples");
  const parties = ["alice", "mallory"].map((name): Party => ({ name, visitor: first.copy(), past: [] }));
  /** Answered sessions that show a login of the other client. */
  const leaks: string[] = [];
  let [answered, nth] = [0, 0];

  async function act(party: Party): Promise<void> {
    const isReplay = party.past.length > 0 && below(5) === 0;
    if (isReplay) party.visitor = (party.past[below(party.past.length)] as Visitor).copy();
    const { status, told } = await party.visitor.ask(isReplay ? "/" : queryOf(party.name, nth++, below));
    party.past.push(party.visitor.copy());
    if (status !== 200) return;
    answered++;
    const shown = JSON.stringify(told.session);
    const isLeak = parties.some(({ name }) => name !== party.name && shown.includes(`"${name}`));
    if (isLeak) leaks.push(`seed ${seed}, ${party.name}: ${shown}`);
  }
  return {
    leaks,
    answered: () => answered,
    async play(requests: number): Promise<void> {
      for (let sent = 0; sent < requests; sent += 2) {
        const pair = [0, 1].map(() => parties[below(2)] as Party);
        if (below(3) === 0 && pair[0] !== pair[1]) await Promise.all(pair.map(act));
        else for (const party of pair) await act(party);
      }
    },
  };
}

describe("two clients who begin with the same token, and replay all that they have held", () => {
  it.each(CARRIERS)(
    "never see anything of each other's logins, also while the objects are away, by %s",
    async (_carrier, visiting) => {
      const seeds = Array.from({ length: SCHEDULES }, (_, index) => index + 1);
      const schedules = await Promise.all(seeds.map((seed) => begin(visiting, seed)));
      const play = (requests: number) => Promise.all(schedules.map((schedule) => schedule.play(requests)));
      await play(BEFORE);
      await stores.withoutObjects(() => play(AWAY));
      await play(AFTER);
      expect(schedules.flatMap(({ leaks }) => leaks)).toEqual([]);
      const answered = schedules.reduce((sum, schedule) => sum + schedule.answered(), 0);
      expect(answered).toBeGreaterThan((SCHEDULES * (BEFORE + AWAY + AFTER)) / 3);
    },
  );
});

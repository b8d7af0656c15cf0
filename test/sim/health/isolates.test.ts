import { describe, expect, it } from "vitest";
import { createIsolate } from "../../../sim/health/isolate.ts";
import { playAttack, playDeath } from "../../../sim/health/isolates.ts";
import { createRandom } from "../../../sim/scale/random.ts";

const VISITOR = { session: "s1", address: "203.0.113.1" };
const isolateOf = (random = createRandom(1)) => createIsolate(() => 1_800_000_000_000, random);

describe("an isolate of the simulation", () => {
  it("keeps a session at one origin while all origins are well", async () => {
    const isolate = isolateOf();
    const { by } = await isolate.ask({ ...VISITOR, method: "GET" });
    for (const method of ["GET", "POST"] as const) {
      expect(await isolate.ask({ ...VISITOR, method })).toEqual({ isServed: true, by, sends: 1 });
    }
    expect([isolate.ejections(), isolate.questions()]).toEqual([0, 0]);
  });

  it("sends a GET on to another origin when its own has died, and loses a POST", async () => {
    for (const method of ["GET", "POST"] as const) {
      const isolate = isolateOf();
      const sessions = Array.from({ length: 9 }, (_, nth) => `s${nth}`);
      const homes = await Promise.all(sessions.map((session) => isolate.ask({ ...VISITOR, session, method: "GET" })));
      const session = sessions[homes.findIndex(({ by }) => by === "a")] as string;
      isolate.kill("lost");
      const { isServed, by } = await isolate.ask({ ...VISITOR, session, method });
      expect([isServed, by === "a"]).toEqual([method === "GET", false]);
    }
  });
});

describe("simulations of isolates", () => {
  it("come to the same every time", async () => {
    const once = await playDeath("lost", 2, 5);
    expect(await playDeath("lost", 2, 5)).toEqual(once);
    expect(once).toMatchObject({ isolates: 5, lostGets: 0 });
    expect(once.requests).toBeGreaterThan(50);
    expect(once.failovers).toBeGreaterThan(0);
    const attack = { drops: "at-a", method: "GET", addresses: 1, attacks: 30, visitsPerSecond: 1 } as const;
    expect(await playAttack(attack)).toEqual(await playAttack(attack));
    expect(await playAttack(attack)).toMatchObject({ requests: 30, refused: 0 });
  });
});

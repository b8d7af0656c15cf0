import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { cases } from "./conformance/cases.ts";
import type { DropIn } from "./conformance/drop-in.ts";
import type { Results } from "./conformance/results-page.ts";
import { startWorld, type World } from "./conformance/world.ts";

/** Plays every case of docs/reference/drop-in.md against the conformance application of a drop-in. */
export function describeDropIn(dropIn: DropIn): void {
  const { name, without = {} } = dropIn;
  const unknown = Object.keys(without).filter((id) => !cases.some((each) => each.id === id));
  if (unknown.length > 0) throw new Error(`${name}: no case is named ${unknown.join(", ")}`);
  const outcomes = new Map<string, string>();
  let world: World;

  describe(`the drop-in for ${name}`, () => {
    beforeAll(async () => {
      world = await startWorld(dropIn);
    }, 480_000);
    afterAll(async () => {
      await world?.stop();
      const folder = process.env.MOOR_DROP_IN_RESULTS;
      if (folder === undefined) return;
      const played = cases.map((each) => ({ name: each.name, outcome: outcomes.get(each.id) ?? "no" }));
      const results: Results = { name, cases: played };
      await writeFile(join(folder, `${encodeURIComponent(name)}.json`), JSON.stringify(results));
    });

    for (const { id, name, play } of cases) {
      const reason = without[id];
      const its = reason === undefined ? it : it.fails;
      its(reason === undefined ? name : `does not pass: ${name} (${reason})`, async () => {
        outcomes.set(id, reason ?? "no");
        await play(world);
        outcomes.set(id, "yes");
      });
    }
  });
}

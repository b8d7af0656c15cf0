import { afterAll, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { startWatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";

const ACTIONS = 100;
/** All answers may come at once. The audit shows as many actions as these rounds have. */
const ROUNDS = 2;

const origins = await Promise.all(["a", "b", "c", "d"].map((name) => startOrigin(name)));
const { site, admin } = await startWatchedPool(origins, {
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

interface Entry {
  readonly id: string;
  readonly outcome: string;
  readonly versions: { readonly before: number; readonly after: number };
}
interface Acted {
  readonly status: number;
  readonly changed?: boolean;
}

let sent = 0;
const answers: Acted[] = [];
/** Sends 100 actions at once, and kills the process after the first that changed the pool. Returns whether an action got no answer. */
async function actUntilKilled(): Promise<boolean> {
  let crashed: Promise<void> | undefined;
  const act = async () => {
    const nth = sent++;
    const origin = origins[nth % origins.length]?.name;
    const action = Math.floor(nth / origins.length) % 2 === 0 ? "drain" : "restore";
    const path = `/pools/shop/origins/${origin}/${action}`;
    const body = action === "drain" ? '{"anyway":true}' : "{}";
    const { status, text } = await admin.ask(path, { method: "POST", body });
    const answer = { ...(JSON.parse(text) as { changed?: boolean }), status };
    answers.push(answer);
    // A restore that arrives before the drains changes nothing.
    if (answer.changed) crashed ??= site.moor.crashAndRestart();
  };
  const all = await Promise.allSettled(Array.from({ length: ACTIONS }, act));
  await crashed;
  return all.some(({ status }) => status === "rejected");
}

it("100 parallel actions have a row each that was answered, and one row for each change, although the process is killed among them", async () => {
  let isInterrupted = false;
  for (let round = 1; round <= ROUNDS && !isInterrupted; round++) isInterrupted = await actUntilKilled();
  expect(isInterrupted, "an action was under way when the process was killed").toBe(true);
  expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
  expect(answers.some(({ changed }) => changed)).toBe(true);

  const { entries } = JSON.parse((await admin.ask("/audit")).text) as { entries: Entry[] };
  const { version } = JSON.parse((await admin.ask("/pools/shop")).text) as { version: number };
  const changes = entries.filter(({ outcome }) => outcome === "changed");
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
  expect(entries.length).toBeGreaterThanOrEqual(answers.length);
  expect(entries.length).toBeLessThanOrEqual(sent);
  expect(changes.length).toBeGreaterThanOrEqual(answers.filter(({ changed }) => changed).length);
  // A change raises the version in the same write as its row. So no change has two rows, and no row is without its change.
  const versions = changes.map(({ versions }) => versions.after);
  expect(new Set(versions).size).toBe(versions.length);
  expect(Math.max(...versions)).toBeLessThanOrEqual(version);
});

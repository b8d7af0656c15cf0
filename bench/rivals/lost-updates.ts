import { setTimeout as sleep } from "node:timers/promises";
import type { Rival } from "./contestants.ts";
import { Visitor } from "./visitor.ts";

/** The fate of changes that a session asked for at once. */
export interface AtOnce {
  readonly asked: number;
  readonly acknowledged: number;
  /** Acknowledged, and not there afterwards. */
  readonly lost: number;
}

/** How long the origin works on each change, as a look into a database would take. */
export const WORK_MS = 5;
/** By then, data that is stored after the response has arrived. */
const AFTERWARDS_MS = 300;

/**
 * Has a visitor add items all at once, each another.
 *
 * @throws Error if he cannot found his session before, or see it afterwards.
 */
export async function addAtOnce({ name, port }: Rival, index: number, asked: number): Promise<AtOnce> {
  const visitor = new Visitor(port, index);
  try {
    if ((await visitor.add()) !== "answered") throw new Error(`${name}: a session could not be founded`);
    await sleep(AFTERWARDS_MS);
    const outcomes = await Promise.all(Array.from({ length: asked }, () => visitor.add(WORK_MS)));
    await sleep(AFTERWARDS_MS);
    const missing = await visitor.missing();
    if (!missing) throw new Error(`${name}: a session could not be seen`);
    return { asked, acknowledged: outcomes.filter((outcome) => outcome !== "failed").length, lost: missing.length };
  } finally {
    visitor.close();
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Rival } from "./contestants.ts";
import { Visitor } from "./visitor.ts";

/** A session of theirs holds about 600 bytes. */
const ITEMS = 8;
const VALUE_BYTES = 64;
/** Not more than what the origins answer well within a visitor's patience. */
const AT_ONCE = 10;
const TRIES = 50;
const TRY_EVERY_MS = 200;

/** Visitors of a contestant who have a session, and who have come back with it; `patienceMs` as in {@link Visitor}. */
export async function crowdOf(
  { name, port }: Pick<Rival, "port"> & { readonly name: string },
  size: number,
  patienceMs?: number,
): Promise<Visitor[]> {
  const crowd = Array.from({ length: size }, (_, index) => new Visitor(port, index, patienceMs));
  for (let done = 0; done < size; done += AT_ONCE) {
    await Promise.all(crowd.slice(done, done + AT_ONCE).map((visitor) => found(name, visitor)));
  }
  return crowd;
}

/** As often as it takes: a contestant may not yet be whole again after the last outage. */
async function found(name: string, visitor: Visitor): Promise<void> {
  for (let fails = 0; fails < TRIES; fails++) {
    while (visitor.acknowledged.size < ITEMS && (await visitor.add(0, "x".repeat(VALUE_BYTES))) === "answered");
    if (visitor.acknowledged.size >= ITEMS && (await visitor.look()) === "answered") return;
    await sleep(TRY_EVERY_MS);
  }
  throw new Error(`${name}: a visitor could not found a session`);
}

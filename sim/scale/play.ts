import { Client } from "../../bench/cost/client.ts";
import type { Fleet } from "./fleet.ts";
import type { Random } from "./random.ts";
import type { Stay } from "./visits.ts";

/**
 * How requests meet isolates. `scattered`: each meets any isolate of its location; `connections`: each meets the
 * isolate of its connection while that is open.
 */
export type Spreading = "scattered" | "connections";

/** How visitors are played. */
export interface PlayOptions {
  readonly random: Random;
  readonly isolatesPerLocation: number;
  readonly spreading: Spreading;
  readonly connectionIdleSeconds: number;
  /** Is told of the time before each request. */
  readonly at?: (now: number) => void;
  /** Is told which visitor was answered from where. */
  readonly answered?: (visitor: number, from: string) => void;
}

/** Plays visitors side by side, in order of time. Returns how many requests, routes without a session among them, were made. */
export async function play(fleet: Fleet, stays: readonly Stay[], options: PlayOptions): Promise<number> {
  const { random, isolatesPerLocation, spreading, connectionIdleSeconds, at = () => {}, answered = () => {} } = options;
  const visitors = stays.map(({ keeps }) =>
    Object.assign(new Client(), { keeps, lastAt: -Infinity, isolate: 0, place: "" }),
  );
  const all = stays.flatMap(({ visits }, i) => visits.map((visit) => ({ ...visit, visitor: i })));
  all.sort((one, other) => one.at - other.at || one.visitor - other.visitor);
  let requests = 0;
  for (const { at: due, kind, place, times, visitor: index } of all) {
    requests += times;
    // Its route needs no session, so it asks no store.
    if (kind === "asset") continue;
    const visitor = visitors[index] as (typeof visitors)[number];
    await fleet.passTo(due);
    at(due);
    const isOpen = visitor.place === place && due - visitor.lastAt < connectionIdleSeconds * 1000;
    if (spreading === "scattered" || !isOpen) visitor.isolate = random.below(isolatesPerLocation);
    Object.assign(visitor, { lastAt: due, place });
    const response = await fleet.answer(visitor.request(kind, place), place, visitor.isolate);
    answered(index, fleet.answeredFrom());
    visitor.receive(response);
    await fleet.settled();
  }
  return requests;
}

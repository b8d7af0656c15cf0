import type { Contestant, SimulatedOrigin } from "./contestants/contestant.ts";

/** The moves of sessions that a change of a pool has caused. */
export interface Moves {
  /** Sessions that changed their origin. */
  readonly moved: number;
  /** The fewest sessions that had to move: the sessions of the share that the change takes or gives. */
  readonly ideal: number;
  /** Moves that were not needed: the old origin was not to lose sessions, or the new origin was not to gain any. */
  readonly needless: number;
}

/** The result of an algorithm on a pool. */
export interface Outcome {
  /** The fullest origin against the mean. */
  readonly peak: number;
  readonly kill: Moves;
  /** Of the dead origin's sessions: the share of the survivor that gets the most, against a fair share. */
  readonly failoverPeak: number;
  /** Sessions that moved at the death and again at the return, though their origin was never dead. */
  readonly secondMoves: number;
  readonly add: Moves;
  readonly weight: Moves;
}

/** Puts an algorithm through everything that may happen to a pool of `size` equal origins. */
export function runChanges({ compile }: Contestant, size: number, sessions: readonly string[]): Outcome {
  const origins = Array.from({ length: size }, (_, i): SimulatedOrigin => ({ id: `origin-${i}`, weight: 1 }));
  const homesIn = (changed: readonly SimulatedOrigin[]): Uint32Array => {
    // Positions in the changed pool, as places in a list that has them all.
    const places = changed.map(({ id }) => Number(id.slice("origin-".length)));
    const choose = compile(changed);
    return Uint32Array.from(sessions, (session) => places[choose(session)] as number);
  };
  const subject = size >> 1;
  const before = homesIn(origins);
  const killed = homesIn(origins.filter((_, index) => index !== subject));
  const returned = homesIn(origins);
  const added = homesIn([...origins, { id: `origin-${size}`, weight: 1 }]);
  const reweighted = homesIn(origins.map((origin, index) => (index === subject ? { ...origin, weight: 2 } : origin)));

  const orphans = countOf(before, size)[subject] as number;
  const rescued = countOf(
    killed.filter((_, i) => before[i] === subject),
    size,
  );
  return {
    peak: (Math.max(...countOf(before, size)) * size) / sessions.length,
    kill: { ...movesFrom(before, killed, (from) => from === subject), ideal: orphans },
    failoverPeak: (Math.max(...rescued) * (size - 1)) / orphans,
    secondMoves: sessions.filter((_, i) => {
      return before[i] !== subject && before[i] !== killed[i] && killed[i] !== returned[i];
    }).length,
    add: { ...movesFrom(before, added, (_, to) => to === size), ideal: sessions.length / (size + 1) },
    weight: {
      ...movesFrom(before, reweighted, (_, to) => to === subject),
      ideal: sessions.length * (2 / (size + 1) - 1 / size),
    },
  };
}

function movesFrom(before: Uint32Array, after: Uint32Array, needed: (from: number, to: number) => boolean) {
  let [moved, needless] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    const [from, to] = [before[i] as number, after[i] as number];
    if (from === to) continue;
    moved++;
    if (!needed(from, to)) needless++;
  }
  return { moved, needless };
}

function countOf(homes: Uint32Array, size: number): number[] {
  const counts = Array<number>(size).fill(0);
  for (const home of homes) counts[home] = (counts[home] ?? 0) + 1;
  return counts;
}

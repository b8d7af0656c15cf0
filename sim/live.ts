import { USUAL_LEAD_MS } from "../src/upstream/live/pool-contracts.ts";
import { BEGIN_MS, createLiveWorld, type Isolate, type LiveWorld } from "./live-world.ts";

/**
 * The moves of sessions while operators drain an origin with a deadline, bring it back, and send all sessions away from
 * it.
 */
export interface Live {
  /** Isolates that knew of the drain when a fifth of the time to its beginning had passed, of all. */
  readonly knowing: number;
  /** Sessions that two isolates place on different origins at the same moment: once in each step, named or not yet. */
  readonly apart: number;
  /** Sessions of before that moved when the drain began. */
  readonly movedByDraining: number;
  /** Sessions born in the drain that are on the draining origin. */
  readonly newOnDrained: number;
  /** The same, as an isolate places them that cannot read KV, against a fair share. */
  readonly newOnDrainedCutOff: number;
  /** And as it places them two minutes after it can. */
  readonly newOnDrainedMended: number;
  /** Sessions that moved when the drain ended, against the sessions of the origin. */
  readonly movedByEnding: number;
  /** Of the others, the fullest then, against their mean. */
  readonly peak: number;
  /** Sessions of before that moved when the origin was restored. */
  readonly movedByRestoring: number;
  /** Sessions born since that are on the restored origin, against a fair share. */
  readonly newOnRestored: number;
  /** Sessions that moved when the origin was ejected at a named time, against the sessions that it had. */
  readonly movedByEjecting: number;
  /** Sessions that moved at any step, of other origins or before the named time. */
  readonly needless: number;
  /** Sessions that moved more than once. */
  readonly secondMoves: number;
}

const LEAD_S = USUAL_LEAD_MS / 1_000;
const DEADLINE_S = 600;

/** A third of the sessions is born before all steps, a third in the drain, a third after the origin was restored. */
export async function runLive(size: number, sessions: readonly string[]): Promise<Live> {
  const world = createLiveWorld(size);
  try {
    return await play(world, size, sessions);
  } finally {
    world.end();
  }
}

async function play(world: LiveWorld, size: number, sessions: readonly string[]): Promise<Live> {
  const subject = size >> 1;
  const [drainAt, endAt] = [LEAD_S, LEAD_S + DEADLINE_S];
  const restoreAt = endAt + 60 + LEAD_S;
  const ejectAt = restoreAt + 60 + LEAD_S;
  const births = [-3_600, drainAt, restoreAt];
  const third = sessions.length / births.length;
  let [apart, needless] = [0, 0];
  const moves = new Uint8Array(sessions.length);
  let places: Int32Array<ArrayBufferLike> = new Int32Array(sessions.length).fill(-1);

  /** Places all sessions that are born, and returns the sessions that have moved. */
  const step = async (second: number, mayLeave: boolean) => {
    await world.until(second);
    const placed = placesAt(world.isolates, sessions, births, second);
    const before = places;
    const moved = sessions.flatMap((_, i) => (before[i] !== -1 && before[i] !== placed.first[i] ? [i] : []));
    for (const i of moved) {
      moves[i] = (moves[i] as number) + 1;
      if (!mayLeave || before[i] !== subject) needless++;
    }
    apart += placed.apart;
    places = placed.first;
    return moved;
  };
  const onSubject = (nth: number) => {
    return places.reduce((count, place, i) => count + (i % births.length === nth && place === subject ? 1 : 0), 0);
  };
  const onSubjectFor = ({ order }: Isolate, second: number) => {
    const places = sessions.map((id, i) => (i % births.length === 1 ? placeOf(order, id, drainAt, second) : -1));
    return places.filter((place) => place === subject).length;
  };

  await world.until(0);
  await world.change("drain", subject, { deadlineMs: DEADLINE_S * 1_000 });
  await step(LEAD_S / 5, false);
  const knowing = world.isolates.filter((isolate) => isolate.version() > 0).length;
  const movedByDraining = (await step(drainAt, false)).length;
  const newOnDrained = onSubject(1);
  const newOnDrainedCutOff = (onSubjectFor(world.cutOff, drainAt) * size) / third;
  world.mend();
  await world.until(drainAt + 120);
  const newOnDrainedMended = onSubjectFor(world.cutOff, drainAt + 120);

  const own = places.reduce((count, place) => count + (place === subject ? 1 : 0), 0);
  const ended = await step(endAt, true);
  const counts = new Uint32Array(size);
  for (const place of places) if (place !== -1) counts[place] = (counts[place] as number) + 1;
  const peak = (Math.max(...counts) * (size - 1)) / (2 * third);

  await world.until(restoreAt - LEAD_S);
  await world.change("restore", subject);
  const movedByRestoring = (await step(restoreAt, false)).length;
  const restored = onSubject(2);

  await world.until(ejectAt - LEAD_S);
  await world.change("eject", subject);
  await step(ejectAt - LEAD_S / 5, false);
  const ejected = await step(ejectAt, true);
  return {
    knowing: knowing / world.isolates.length,
    apart,
    movedByDraining,
    newOnDrained,
    newOnDrainedCutOff,
    newOnDrainedMended,
    movedByEnding: ended.length / own,
    peak,
    movedByRestoring,
    newOnRestored: (restored * size) / third,
    movedByEjecting: ejected.length / restored,
    needless,
    secondMoves: moves.filter((times) => times > 1).length,
  };
}

/** How far isolates are apart about an origin that is ejected, second by second since an operator has said so. */
export interface Spread {
  readonly seconds: readonly number[];
  /** Of the sessions of the origin, the share that two isolates place on different origins: ejected at once. */
  readonly atOnce: readonly number[];
  /** Ejected at the usual named time. */
  readonly named: readonly number[];
}

const SECONDS = Array.from({ length: 13 }, (_, nth) => nth * 15);

/** Ejects an origin of ten, at once and at a named time. */
export async function runSpread(sessions: readonly string[]): Promise<Spread> {
  const size = 10;
  const apartWhen = async (at: "now" | undefined) => {
    const world = createLiveWorld(size);
    try {
      await world.until(0);
      const own = placesAt(world.isolates, sessions, [-3_600], 0).first.filter((place) => place === size >> 1).length;
      await world.change("eject", size >> 1, { at });
      const shares: number[] = [];
      for (const second of SECONDS) {
        await world.until(second);
        shares.push(placesAt(world.isolates, sessions, [-3_600], second).apart / own);
      }
      return shares;
    } finally {
      world.end();
    }
  };
  return { seconds: SECONDS, atOnce: await apartWhen("now"), named: await apartWhen(undefined) };
}

/** Where two isolates, different ones for different sessions, place each session that is born; -1: not yet born. */
function placesAt(
  isolates: readonly Isolate[],
  sessions: readonly string[],
  births: readonly number[],
  second: number,
) {
  const first = new Int32Array(sessions.length).fill(-1);
  let apart = 0;
  for (const [i, session] of sessions.entries()) {
    const bornAt = births[i % births.length] as number;
    if (bornAt > second) continue;
    const one = i % isolates.length;
    const other = (one + 1 + (Math.floor(i / isolates.length) % (isolates.length - 1))) % isolates.length;
    const [place, elsewhere] = [one, other].map((nth) =>
      placeOf((isolates[nth] as Isolate).order, session, bornAt, second),
    );
    first[i] = place as number;
    if (place !== elsewhere) apart++;
  }
  return { first, apart };
}

const SHARED = {
  sessionIsFresh: false,
  headers: new Headers(),
  url: new URL("http://shop.test/"),
  clientIp: undefined,
};

function placeOf(order: Isolate["order"], sessionId: string, bornAt: number, second: number): number {
  return order({ ...SHARED, sessionId, bornAt: BEGIN_MS + bornAt * 1_000 }, 1, BEGIN_MS + second * 1_000)[0] as number;
}

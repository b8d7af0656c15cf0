import { Client } from "../../bench/cost/client.ts";
import { BEGUN_AT, createFleet } from "./fleet.ts";
import { createRandom } from "./random.ts";
import { mostInOneSecond } from "./statistics.ts";

/** One session that very many clients share: a token that a whole fleet of machines uses. */
export interface HotSession {
  readonly isolates: number;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  readonly callsPerSecond: number;
  readonly callsInOneSecond: number;
  /** The share of all requests that asked the object. */
  readonly share: number;
}

/** How a shared session is played. */
export interface HotSessionOptions {
  readonly isolates: number;
  readonly requestsPerIsolate: number;
  readonly seconds: number;
  readonly roundTripMs: number;
  readonly seed: number;
}

/**
 * Requests of the same session that meet all isolates at random. Requests that arrive within a round trip to the object
 * do not know of each other's answers. They are under way together, and answers leave when all have asked.
 */
export async function runHotSession(options: HotSessionOptions): Promise<HotSession> {
  const { isolates, requestsPerIsolate, seconds, roundTripMs, seed } = options;
  const random = createRandom(seed);
  let underWay = 0;
  let waiting: (() => void)[] = [];
  let isHeld = false;
  const letOut = () => {
    if (waiting.length < underWay) return;
    const all = waiting;
    waiting = [];
    for (const leave of all) leave();
  };
  const hold = () =>
    new Promise<void>((leave) => {
      if (!isHeld) return leave();
      waiting.push(leave);
      letOut();
    });
  const fleet = createFleet({ random, isolateLifeSeconds: 1e9, hold });
  const client = new Client();
  const ask = async (kind: string) => {
    client.receive(await fleet.answer(client.request(kind, "home"), "home", random.below(isolates)));
    await fleet.settled();
  };
  await ask("page");
  await ask("login");
  // Its token has come back, and has settled.
  await fleet.passTo(BEGUN_AT + 10_000);
  await ask("page");
  await fleet.passTo(BEGUN_AT + 20_000);
  client.keeps = false;

  isHeld = true;
  // All isolates meet it for the first time: that is a deploy, not this.
  const warmUntil = fleet.now() + 10_000;
  const until = warmUntil + seconds * 1000;
  const rate = isolates * requestsPerIsolate;
  let requests = 0;
  for (let at = fleet.now(); at < until; at += roundTripMs) {
    await fleet.passTo(at);
    const wave = drawn((rate * roundTripMs) / 1000);
    underWay = wave;
    if (at >= warmUntil) requests += wave;
    await Promise.all(
      Array.from({ length: wave }, async () => {
        await fleet.answer(client.request("data", "home"), "home", random.below(isolates));
        underWay--;
        letOut();
      }),
    );
    await fleet.settled();
  }
  const times = [...fleet.ledger.timesByKey("object call").values()].flat().filter((at) => at >= warmUntil);
  return {
    isolates,
    requestsPerSecond: rate,
    seconds,
    callsPerSecond: times.length / seconds,
    callsInOneSecond: mostInOneSecond(times),
    share: times.length / requests,
  };

  /** How many arrive when `mean` do on average. */
  function drawn(mean: number): number {
    let count = 0;
    for (let left = random.exponential(1); left < mean; left += random.exponential(1)) count++;
    return count;
  }
}

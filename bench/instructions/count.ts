import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "../http/connection.ts";
import { spread } from "../http/statistics.ts";
import type { Counter } from "./callgrind.ts";
import { type Instructions, instructionsOf } from "./categories.ts";
import type { Running } from "./contestants.ts";
import { functionsIn } from "./functions.ts";
import { type PlatformCall, platformCalls } from "./platform-calls.ts";

/** The instructions of a request, and its calls from JavaScript into workerd, the dearest in sum first. */
export interface Cost extends Instructions {
  readonly calls: readonly PlatformCall[];
}

/** How many requests are sent, one after the other. */
export interface Plan {
  /** Before the count, without valgrind's instrumentation. */
  readonly warm: number;
  readonly counted: number;
}

/** On a machine that is busy for a while, so many slices may be too slow for each that counts. */
const MOST_TRIES = 3;

/**
 * Counts a contestant's instructions outside the kernel. A slice that lasts too long is counted anew.
 *
 * @throws Error when a request is not answered with 200, or when most slices are too slow.
 */
export async function count(running: Running, counter: Counter, plan: Plan): Promise<Cost> {
  const { worker, requests, before, perSlice, withinMs = Number.POSITIVE_INFINITY, settleMs } = running;
  const { pid } = worker;
  const client = new Client(running.ports ?? [worker.port]);
  const texts: string[] = [];
  let next = 0;
  let tooSlow = 0;
  const slice = async (isCounted: boolean) => {
    const places = Array.from({ length: perSlice }, () => next++ % requests.length);
    const begunAt = performance.now();
    if (before) for (const place of new Set(places)) await client.ask(before[place] as string);
    if (isCounted) await counter.forget(pid);
    for (const place of places) await client.ask(requests[place] as string);
    if (!isCounted) return;
    const isInTime = performance.now() - begunAt < withinMs;
    await sleep(settleMs);
    const text = await counter.take(pid);
    if (isInTime) texts.push(text);
    else if (++tooSlow * perSlice > MOST_TRIES * plan.counted) throw new Error("this machine is too slow to count on");
  };
  try {
    while (client.asked < plan.warm) await slice(false);
    await counter.start(pid);
    // Valgrind translates all code anew now.
    await slice(false);
    while (texts.length * perSlice < plan.counted) await slice(true);
  } finally {
    client.close();
  }
  return costOf(texts, perSlice);
}

/**
 * The cost of a request, from the counts of slices of so many requests each.
 *
 * Core is the median of the slices: now and then V8 throws compiled code away, and the slices after that run slower code. The others are
 * means.
 */
export function costOf(slices: readonly string[], perSlice: number): Cost {
  const requests = slices.length * perSlice;
  const functions = functionsIn(...slices);
  const { malloc, garbageCollection, compilation } = instructionsOf(functions);
  const cores = slices.map((slice) => instructionsOf(functionsIn(slice)).core / perSlice);
  return {
    core: spread(cores).median,
    malloc: malloc / requests,
    garbageCollection: garbageCollection / requests,
    compilation: compilation / requests,
    calls: platformCalls(functions, requests),
  };
}

/** A client that waits for each answer, with a connection to each port. It asks one after the other. */
class Client {
  asked = 0;
  #answered: (status: number) => void = () => {};
  readonly #connections: readonly Connection[];

  constructor(ports: readonly number[]) {
    this.#connections = ports.map((port) => new Connection(port, ({ status }) => this.#answered(status)));
  }

  async ask(request: string): Promise<void> {
    const status = await new Promise<number>((resolve) => {
      this.#answered = resolve;
      this.#connections[this.asked % this.#connections.length]?.send(Buffer.from(request));
    });
    this.asked++;
    if (status !== 200) throw new Error(`a counted request was answered with ${status}`);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}

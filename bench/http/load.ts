import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Answered, Connection } from "./connection.ts";
import { cpuSeconds } from "./cpu-seconds.ts";

/** The load that the generator is asked for. */
export interface Order {
  readonly port: number;
  /** Process whose CPU is counted. */
  readonly pid: number;
  readonly connections: number;
  /** Requests as they go on the wire, sent in turn. */
  readonly requests: readonly string[];
  /**
   * Whether an answer that sets a cookie has failed. The generator takes no cookies. So a read that has to renew the token would renew
   * it each time, and would not be the read of a settled session. Default `false`.
   */
  readonly isSettled?: boolean;
  /** Not measured. */
  readonly warmMs: number;
  readonly measureMs: number;
  /** How many answers there must be at least, at whatever time. Default: {@link LEAST_ANSWERS} within {@link LONGEST_SECONDS}. */
  readonly count?: number;
  /** Requests per second, sent whether or not earlier ones were answered; without it each connection sends when it was answered. */
  readonly rate?: number;
}

/** The generator's observations between the end of the warm-up and the end of the measurement. */
export interface Seen {
  readonly answered: number;
  /** Responses that were not 2xx or set a cookie against {@link Order.isSettled}, and connections lost. */
  readonly failed: number;
  readonly seconds: number;
  /** CPU of the process, user and system; `NaN` where there is no `/proc`. */
  readonly cpuSeconds: number;
  /** With a rate: from when each request was to start until its answer was there, in milliseconds. */
  readonly latenciesMs: readonly number[];
}

const LEAST_ANSWERS = 200;
const LONGEST_SECONDS = 5;

/** Counts from when it is begun. */
class Count {
  answered = 0;
  failed = 0;
  readonly latenciesMs: number[] = [];
  readonly #pid: number;
  readonly #isSettled: boolean;
  #since = 0;
  #cpuBefore = 0;

  constructor({ pid, isSettled = false }: Order) {
    this.#pid = pid;
    this.#isSettled = isSettled;
  }

  begin(): void {
    this.answered = 0;
    this.failed = 0;
    this.latenciesMs.length = 0;
    this.#cpuBefore = cpuSeconds(this.#pid);
    this.#since = performance.now();
  }

  seconds(): number {
    return (performance.now() - this.#since) / 1000;
  }

  end(): Seen {
    const { answered, failed, latenciesMs } = this;
    return {
      answered,
      failed,
      latenciesMs,
      seconds: this.seconds(),
      cpuSeconds: cpuSeconds(this.#pid) - this.#cpuBefore,
    };
  }

  add({ status, setsCookie }: Answered): void {
    const isGood = status >= 200 && status < 300 && !(this.#isSettled && setsCookie);
    if (isGood) this.answered++;
    else this.failed++;
  }
}

/** Every connection sends its next request when its previous request was answered. */
async function closedLoop(order: Order): Promise<Seen> {
  const requests = order.requests.map((request) => Buffer.from(request));
  const count = new Count(order);
  let next = 0;
  const connections = Array.from({ length: order.connections }, () => {
    const connection: Connection = new Connection(order.port, (answer) => {
      count.add(answer);
      if (answer.status !== 0) send();
    });
    const send = () => connection.send(requests[next++ % requests.length] as Buffer);
    send();
    return connection;
  });
  await sleep(order.warmMs);
  count.begin();
  await sleep(order.measureMs);
  // On a busy machine a slice lasts until it says something.
  const { count: least = LEAST_ANSWERS } = order;
  const longest = order.count === undefined ? LONGEST_SECONDS : Number.POSITIVE_INFINITY;
  while (count.answered + count.failed < least && count.seconds() < longest) await sleep(10);
  const seen = count.end();
  for (const connection of connections) connection.close();
  return seen;
}

/**
 * Requests start by the clock, on a free connection. If no connection is free, a request takes the first that becomes
 * free, and the wait counts. A generator that waited for answers would not send while the server stands still, and so
 * would not see it.
 */
async function openLoop(order: Order & { rate: number }): Promise<Seen> {
  const requests = order.requests.map((request) => Buffer.from(request));
  const count = new Count(order);
  const waiting: number[] = [];
  const unanswered = new Map<Connection, number>();
  const free: ((startAt: number) => void)[] = [];
  let next = 0;
  const connections = Array.from({ length: order.connections }, () => {
    const connection: Connection = new Connection(order.port, (answer) => {
      count.add(answer);
      const startedAt = unanswered.get(connection);
      if (startedAt !== undefined) count.latenciesMs.push(performance.now() - startedAt);
      unanswered.delete(connection);
      const late = waiting.shift();
      if (late === undefined) free.push(send);
      else send(late);
    });
    const send = (startAt: number) => {
      unanswered.set(connection, startAt);
      connection.send(requests[next++ % requests.length] as Buffer);
    };
    free.push(send);
    return connection;
  });
  const pacer = new Worker(new URL("pacer.ts", import.meta.url), { workerData: { rate: order.rate } });
  pacer.on("message", (startAt: number) => {
    const send = free.pop();
    if (send) send(startAt - performance.timeOrigin);
    else waiting.push(startAt - performance.timeOrigin);
  });
  // On a busy machine a thread takes its time to start.
  await once(pacer, "message");
  await sleep(order.warmMs);
  count.begin();
  await sleep(order.measureMs);
  const seen = count.end();
  // A request without an answer has waited at least this long.
  const waited = [...unanswered.values(), ...waiting].map((startAt) => performance.now() - startAt);
  await pacer.terminate();
  for (const connection of connections) connection.close();
  return { ...seen, latenciesMs: [...seen.latenciesMs, ...waited] };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

process.on("message", async (order: Order) => {
  const { rate } = order;
  process.send?.(rate === undefined ? await closedLoop(order) : await openLoop({ ...order, rate }));
});
process.on("disconnect", () => process.exit());

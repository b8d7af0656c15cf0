import { parentPort, workerData } from "node:worker_threads";

/**
 * Says when a request is to start, at an even rate: the time by the wall clock with fractions of a millisecond. Node's
 * timers are too coarse for this. A loop that looks at the clock would take the CPU that the origin needs. So the pacer
 * sleeps in a thread of its own.
 */
const { rate } = workerData as { rate: number };
const bell = new Int32Array(new SharedArrayBuffer(4));
const now = () => performance.timeOrigin + performance.now();
const begunAt = now();

for (let sent = 0; ; sent++) {
  const startAt = begunAt + (sent * 1000) / rate;
  const waitMs = startAt - now();
  if (waitMs > 0) Atomics.wait(bell, 0, 0, waitMs);
  parentPort?.postMessage(startAt);
}

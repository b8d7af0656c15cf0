/** @needs valgrind */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startWorker } from "../../bench/http/workerd.ts";
import { Counter } from "../../bench/instructions/callgrind.ts";
import { type Cost, count } from "../../bench/instructions/count.ts";
import { buildScript } from "../support/node/build-worker.ts";
import { startLocalOrigin } from "../support/node/local-origin.ts";

const REQUEST = "GET /page HTTP/1.1\r\nHost: shop.test\r\n\r\n";

describe("the instructions of a Worker that passes requests through", () => {
  let folder: string;
  let cost: Cost;
  let left: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "moor-counted-"));
    const origin = await startLocalOrigin("origin");
    const file = await buildScript(join("bench", "http", "workers", "pass-through.ts"), folder);
    const counter = new Counter(join(folder, "counts"));
    const worker = await startWorker(file, origin.url, { under: counter.command });
    try {
      const running = { worker, requests: [REQUEST], before: [REQUEST], perSlice: 5, settleMs: 0 };
      cost = await count(running, counter, { warm: 5, counted: 10 });
    } finally {
      await worker.stop();
      await origin.stop();
    }
    left = (await readdir(folder)).filter((name) => name.startsWith("counts."));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("are some hundred thousand, and the allocator has a part of them", () => {
    expect(cost.core).toBeGreaterThan(100_000);
    expect(cost.core).toBeLessThan(1_000_000);
    expect(cost.malloc).toBeGreaterThan(10_000);
  });

  it("are listed by the calls of its code, and requests before the counted requests do not count", () => {
    const calls = Object.fromEntries(cost.calls.map(({ name, times }) => [name, times]));
    expect(calls).toEqual({ fetch: 1, "new URL": 1, "URL.pathname": 1, "URL.search": 1, "Request.url": 1 });
  });

  it("leave no file of counts behind", () => expect(left).toEqual([]));
});

/** @quick */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { runScheduled, startLocalCron } from "../../bin/local-cron.ts";

const MINUTE_MS = 60_000;

describe("a local cron trigger", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("fires at once and then each minute, until it is stopped", async () => {
    const run = vi.fn(async () => {});
    const cron = startLocalCron(run);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(MINUTE_MS - 1);
    expect(run).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(run).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(run).toHaveBeenCalledTimes(5);
    await cron.stop();
    await vi.advanceTimersByTimeAsync(3 * MINUTE_MS);
    expect(run).toHaveBeenCalledTimes(5);
  });

  it("waits for a run that takes longer than a minute", async () => {
    const ends: (() => void)[] = [];
    const run = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
    const cron = startLocalCron(run);
    await vi.advanceTimersByTimeAsync(2.5 * MINUTE_MS);
    expect(run).toHaveBeenCalledTimes(1);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(run).toHaveBeenCalledTimes(2);
    ends[1]?.();
    await cron.stop();
  });

  it("ends a run that is under way when it is stopped", async () => {
    const events: string[] = [];
    const cron = startLocalCron(async (signal) => {
      await once(signal, "abort");
      events.push("run ended");
    });
    await cron.stop();
    expect(events).toEqual(["run ended"]);
  });
});

describe("running the scheduled handler", () => {
  /** The answer of the local runtime. */
  async function runtime(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it("asks for a run by the schedule of wrangler.toml", async () => {
    const asked: string[] = [];
    const log = vi.fn();
    const url = await runtime((request, response) => {
      asked.push(request.url ?? "");
      response.end("ok");
    });
    await runScheduled(url, log, new AbortController().signal);
    const { pathname, searchParams } = new URL(asked[0] ?? "", url);
    expect(pathname).toBe("/cdn-cgi/handler/scheduled");
    expect(readConfig({ config: "wrangler.toml" }).triggers.crons).toEqual(searchParams.getAll("cron"));
    expect(asked).toHaveLength(1);
    expect(log).not.toHaveBeenCalled();
  });

  it("tells in a line that it failed", async () => {
    const log = vi.fn();
    const url = await runtime((_, response) => response.writeHead(500).end("exception"));
    await runScheduled(url, log, new AbortController().signal);
    expect(log.mock.calls).toEqual([["the scheduled handler failed: exception"]]);
  });

  it("tells in a line that it was not reached", async () => {
    const log = vi.fn();
    const url = await runtime((request) => request.destroy());
    await runScheduled(url, log, new AbortController().signal);
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^the scheduled handler was not reached: .+/)]]);
  });

  it("is given up in silence when it is aborted", async () => {
    const log = vi.fn();
    const stopping = new AbortController();
    const url = await runtime(() => stopping.abort());
    await runScheduled(url, log, stopping.signal);
    expect(log).not.toHaveBeenCalled();
  });

  it("is given up in silence when the runtime ends first: a Ctrl-C may reach it sooner than this process", async () => {
    const log = vi.fn();
    const stopping = new AbortController();
    const url = await runtime((request) => {
      request.socket.once("close", () => setTimeout(() => stopping.abort(), 50));
      request.destroy();
    });
    await runScheduled(url, log, stopping.signal);
    expect(log).not.toHaveBeenCalled();
  });
});

import { setTimeout as sleep } from "node:timers/promises";

/** A cron trigger of this machine. */
export interface LocalCron {
  /** Ends it, and the run that is under way, if there is one. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** What a signal takes at most to reach this process, on a busy machine. */
const HEARD_WITHIN_MS = 1_000;
/** Served by wrangler's local runtime: https://developers.cloudflare.com/workers/configuration/cron-triggers/ */
const TRIGGER_PATH = "/cdn-cgi/handler/scheduled?cron=*+*+*+*+*";

/**
 * Fires each minute, and the first time at once, for what an earlier Worker has left. A run that takes longer is not joined by
 * another.
 *
 * @param run does not reject.
 */
export function startLocalCron(run: (signal: AbortSignal) => Promise<void>): LocalCron {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const fire = () => {
    running ??= run(stopping.signal).finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(fire, MINUTE_MS);
  fire();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/**
 * Runs the scheduled handler of the Worker at `url`, which wrangler's local runtime does not do by itself. Resolves when it has
 * ended, or the signal is aborted.
 *
 * @param log takes a line if it fails.
 */
export async function runScheduled(url: string, log: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(new URL(TRIGGER_PATH, url), { signal });
    const outcome = await response.text();
    if (!response.ok) log(`the scheduled handler failed: ${outcome}`);
  } catch (fault) {
    // A Ctrl-C of the terminal ends the runtime too, and perhaps before this process hears of it.
    await sleep(HEARD_WITHIN_MS, undefined, { signal }).catch(() => {});
    if (!signal.aborted) log(`the scheduled handler was not reached: ${fault}`);
  }
}

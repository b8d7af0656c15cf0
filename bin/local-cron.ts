import { setTimeout as sleep } from "node:timers/promises";

/** A cron trigger on this machine. */
export interface LocalCron {
  /** Ends the trigger, and the run that is under way, if there is one. */
  stop(): Promise<void>;
}

const MINUTE_MS = 60_000;
/** The longest time that a signal takes to reach this process on a busy machine. */
const HEARD_WITHIN_MS = 1_000;
/**
 * The path at which wrangler's local runtime runs a cron trigger:
 * https://developers.cloudflare.com/workers/configuration/cron-triggers/
 */
const TRIGGER_PATH = "/cdn-cgi/handler/scheduled?cron=*+*+*+*+*";

/**
 * Fires each minute. The first time is at once, for work that an earlier Worker has left. While a run is under way, no other run
 * starts.
 *
 * @param run must not reject.
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
 * Runs the scheduled handler of the Worker at `url`, because wrangler's local runtime does not run it by itself. Resolves when
 * the handler has ended, or the signal is aborted.
 *
 * @param log receives a line if the handler fails.
 */
export async function runScheduled(url: string, log: (line: string) => void, signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(new URL(TRIGGER_PATH, url), { signal });
    const outcome = await response.text();
    if (!response.ok) log(`the scheduled handler failed: ${outcome}`);
  } catch (fault) {
    // A Ctrl-C in the terminal also ends the runtime, perhaps before this process hears of it.
    await sleep(HEARD_WITHIN_MS, undefined, { signal }).catch(() => {});
    if (!signal.aborted) log(`the scheduled handler was not reached: ${fault}`);
  }
}

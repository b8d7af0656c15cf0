/** The signals that ask a process to end. */
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const PARENT_CHECK_MS = 500;

/**
 * Calls `end`, once and within the signal's own handler, when the process is asked to end: by Ctrl-C, SIGTERM or SIGHUP; or, under
 * `npm run`, when npm ends, as npm passes SIGTERM on to the shell of a script but not to what runs in it.
 */
export function onceAskedToEnd(end: () => void): void {
  const parent = process.ppid;
  let isAsked = false;
  const ask = () => {
    if (isAsked) return;
    isAsked = true;
    end();
  };
  for (const signal of END_SIGNALS) process.on(signal, ask);
  if (process.env.npm_lifecycle_event === undefined) return;
  setInterval(() => process.ppid !== parent && ask(), PARENT_CHECK_MS).unref();
}

/** Does work, and removes the handlers of ending signals that it has installed meanwhile. */
export async function keepSignalHandlers<T>(work: () => Promise<T>): Promise<T> {
  const before = END_SIGNALS.map((signal) => ({ signal, listeners: process.listeners(signal) }));
  try {
    return await work();
  } finally {
    for (const { signal, listeners } of before) {
      for (const listener of process.listeners(signal))
        if (!listeners.includes(listener)) process.off(signal, listener);
    }
  }
}

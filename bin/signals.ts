/** The signals that ask a process to end. */
const END_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const PARENT_CHECK_MS = 500;

/**
 * Calls `end`, once and within the signal's own handler, when the process is asked to end: by Ctrl-C, SIGTERM or SIGHUP. Under
 * `npm run`, it also calls `end` when npm ends, because npm passes SIGTERM on to a script's shell, but not to the shell's child
 * processes.
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

/** Does work. Afterwards removes the handlers of ending signals that were installed while the work ran. */
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

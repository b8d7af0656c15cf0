/** The clock of the Worker that imports this module. Tests move it ahead. */
const now = Date.now;
let aheadMs = 0;
Date.now = () => now() + aheadMs;

/** Moves the clock ahead. */
export function moveClock(ms: number): void {
  aheadMs += ms;
}

/** The machine's clock: milliseconds since 1970. */
export const machineNow: () => number = now;

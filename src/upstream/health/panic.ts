import type { Health } from "./ejections.ts";

/** Tells whether so few origins of a pool are healthy that their health is ignored. */
export interface Panic {
  /** Whether the pool is in panic, as of the last {@link Panic.judge}. */
  readonly isOn: boolean;
  /**
   * @param states the health of each origin; left out: all are healthy.
   * @returns whether health is to be ignored.
   */
  judge(states?: readonly Health[]): boolean;
}

/**
 * The panic threshold, as in Envoy. Panic begins when fewer than `thresholdPercent` of the origins are healthy. Moving
 * the sessions to the few healthy origins would then take those down as well, or the trouble is this isolate's own.
 * Panic also begins when no origin is healthy, whatever the threshold. Origins that are down do not count. Backups do
 * not count either, but there is no panic while a backup is healthy.
 *
 * @param onChange is told when panic begins and when it is over.
 */
export function createPanic(
  origins: readonly { readonly down: boolean; readonly backup: boolean }[],
  thresholdPercent: number,
  onChange: (isOn: boolean) => void,
): Panic {
  const indicesOf = (isBackup: boolean) =>
    origins.flatMap(({ down, backup }, index) => (down || backup !== isBackup ? [] : [index]));
  const [primaries, backups] = [indicesOf(false), indicesOf(true)];

  function isDue(states: readonly Health[]): boolean {
    const isHealthy = (index: number) => states[index] === "healthy";
    const healthy = primaries.filter(isHealthy).length;
    const tooFew = healthy === 0 || healthy * 100 < thresholdPercent * primaries.length;
    return tooFew && !backups.some(isHealthy);
  }

  const panic: Panic & { isOn: boolean } = {
    isOn: false,
    judge(states) {
      const isDueNow = states !== undefined && isDue(states);
      if (isDueNow === panic.isOn) return isDueNow;
      panic.isOn = isDueNow;
      onChange(isDueNow);
      return isDueNow;
    },
  };
  return panic;
}

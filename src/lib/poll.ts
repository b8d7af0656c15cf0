const INTERVAL_MS = 5;

/**
 * Waits while a condition holds, at most `atMostMs` milliseconds.
 *
 * It polls the condition, because a promise that another request created may never settle here once that request has ended.
 */
export async function pollWhile(isSo: () => boolean, atMostMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < atMostMs && isSo(); waitedMs += INTERVAL_MS) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

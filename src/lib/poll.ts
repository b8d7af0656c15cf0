const INTERVAL_MS = 5;

/**
 * Waits while something is so, at most for a time.
 *
 * It asks again and again: a promise of another request's may never settle here, once that request has ended.
 */
export async function pollWhile(isSo: () => boolean, atMostMs: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < atMostMs && isSo(); waitedMs += INTERVAL_MS) {
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

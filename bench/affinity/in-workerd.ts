import { originIds, sessionKeys } from "./contestant.ts";
import { CONTESTANTS } from "./contestants.ts";

const BATCH_MS = 20;
const BATCHES = 5;
const KEYS = sessionKeys(1_024);

/** Picks and orders of three in workerd, which has no `eval` and so no mitata: the best of five batches, in nanoseconds. */
export default {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    const contestant = CONTESTANTS.find(({ name }) => name === searchParams.get("name"));
    if (!contestant) return new Response(null, { status: 404 });
    const chooser = contestant.build(originIds(Number(searchParams.get("origins"))));
    return Response.json({
      pickNs: nanoseconds((key) => chooser.pick(key)),
      firstThreeNs: nanoseconds((key) => chooser.firstThree?.(key)),
    });
  },
} satisfies ExportedHandler;

function nanoseconds(call: (key: string) => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const begunAt = performance.now();
    let calls = 0;
    let tookMs = 0;
    while (tookMs < BATCH_MS) {
      for (const key of KEYS) call(key);
      calls += KEYS.length;
      tookMs = performance.now() - begunAt;
    }
    best = Math.min(best, (tookMs / calls) * 1e6);
  }
  return best;
}

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPool } from "../../../src/upstream/pool.ts";
import type { Outgoing } from "../../../src/upstream/send/attempt.ts";
import { type Forwarded, forward } from "../../../src/upstream/send/forward.ts";
import { isHedgeable } from "../../../src/upstream/send/hedge.ts";
import { answerAs, type Behaviour } from "../../support/origins.ts";
import { poolConfig, retriesOf } from "../../support/pools.ts";
import { T0 } from "../../support/time.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const HEDGE_AFTER_MS = 100;
const DEADLINE_MS = 1_000;
const OUTGOING: Outgoing = {
  method: "GET",
  target: "/logo.png",
  headers: new Headers(),
  body: null,
  retries: retriesOf(),
  isEvidence: true,
  session: "session-1",
  hasSession: false,
  forbidsCaches: false,
  asked: { hostname: "shop.test" },
  deadlineMs: DEADLINE_MS,
  hedgeAfterMs: HEDGE_AFTER_MS,
};

const ok = () => new Response("hello");
/** Answers after a time, unless it is aborted before. */
const late =
  (ms: number, then: () => Response): Behaviour =>
  ({ signal }) =>
    new Promise((resolve, reject) => {
      setTimeout(() => {
        try {
          resolve(then());
        } catch (cause) {
          reject(cause);
        }
      }, ms);
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
const lost = (): never => {
  throw new Error("Network connection lost.");
};
/** A status that no response of a Worker may have. */
const invalid = () => Object.defineProperty(ok(), "status", { value: 999 });

type Given = Partial<ReturnType<typeof poolConfig>> & {
  outgoing?: Partial<Outgoing>;
  ejected?: number[];
  only?: number;
};

/** Forwards to origins a, b and c in that order, while time goes by. */
async function forwardTo(
  origins: Record<string, Behaviour[]>,
  { outgoing, ejected = [], only = 3, ...config }: Given = {},
) {
  const { sent } = answerAs(origins);
  const pool = createPool({ ...poolConfig(["a", "b", "c"]), ...config }, { clock: () => T0 });
  for (const index of ejected) pool.health.failed(index, false, T0);
  const failures: string[] = [];
  const { judge } = pool.losses;
  pool.losses.judge = (loss, sender, verdict, now) => {
    failures.push(`${pool.origins[loss.index]?.id} ${verdict}`);
    judge(loss, sender, verdict, now);
  };
  const forwarding = forward({ ...OUTGOING, ...outgoing }, pool.origins.slice(0, only), pool, () => T0);
  const underWay = vi.getTimerCount();
  await vi.advanceTimersByTimeAsync(10 * DEADLINE_MS);
  const forwarded = await forwarding;
  const pages = sent.filter(({ method }) => method !== "HEAD");
  const asked = pages.map(({ url }) => new URL(url).hostname.slice(0, 1)).join("");
  const aborted = pages.map(({ signal }) => (signal?.aborted ? "x" : ".")).join("");
  return { forwarded, asked, aborted, failures, underWay, answer: outcome(forwarded) };
}
function outcome(forwarded: Forwarded) {
  if (forwarded.kind !== "response") return `${forwarded.kind}, ${forwarded.attempts}`;
  const { origin, attempts, hedged } = forwarded;
  return `${origin.id}, ${attempts}${hedged ? ", hedged" : ""}`;
}

describe("a request that may be hedged", () => {
  it.each<[string, Record<string, Behaviour[]>, Given, string, string, string, string[]]>([
    ["is sent once when it is answered in time", { a: [late(99, ok)] }, {}, "a", ".", "a, 1", []],
    [
      "is sent to the next as well when it is not: the first answer counts, the other copy is aborted and says nothing",
      { a: [late(900, ok)], b: [late(50, ok)] },
      {},
      "ab",
      "x.",
      "b, 2, hedged",
      [],
    ],
    [
      "is answered by the first if that is quicker than its hedge",
      { a: [late(150, ok)], b: [late(60, ok)] },
      {},
      "ab",
      ".x",
      "a, 2",
      [],
    ],
    [
      "is sent to no third while both are slow",
      { a: [late(900, ok)], b: [late(700, ok)], c: [ok] },
      {},
      "ab",
      "x.",
      "b, 2, hedged",
      [],
    ],
    [
      "goes on waiting when the retry budget is spent",
      { a: [late(900, ok)], b: [ok] },
      { retryBudget: { budgetPercent: 0, minRetries: 0 } },
      "a",
      ".",
      "a, 1",
      [],
    ],
    ["goes on waiting when there is no second origin", { a: [late(900, ok)] }, { only: 1 }, "a", ".", "a, 1", []],
    [
      "is not hedged to an ejected origin, but to the one behind it",
      { a: [late(900, ok)], b: [ok], c: [ok] },
      { ejected: [1] },
      "ac",
      "x.",
      "c, 2, hedged",
      [],
    ],
    [
      "is not hedged to a backup",
      { a: [late(900, ok)], b: [ok] },
      { origins: poolConfig(["a", "b"]).origins.map((origin) => ({ ...origin, backup: origin.id === "b" })), only: 2 },
      "a",
      ".",
      "a, 1",
      [],
    ],
    [
      "whose first copy is lost before is tried again there, and may be hedged then",
      { a: ["lost", late(900, ok)], b: [ok] },
      {},
      "aab",
      ".x.",
      "b, 3, hedged",
      [],
    ],
    [
      "whose first copy fails meanwhile has its retry already; the failure counts",
      { a: [late(150, lost)], b: [late(500, ok)] },
      {},
      "ab",
      "x.",
      "b, 2, hedged",
      ["a confirmed"],
    ],
    [
      "whose hedge fails waits for the first; the failure counts",
      { a: [late(900, ok)], b: ["lost"] },
      {},
      "ab",
      ".x",
      "a, 2",
      ["b confirmed"],
    ],
    [
      "goes on to those behind when both fail, if its route allows three, and is hedged no more",
      { a: ["silent"], b: ["lost"], c: ["lost", late(500, ok)] },
      { outgoing: { retries: retriesOf({ retryOrigins: 3 }) } },
      "abcc",
      "....",
      "c, 4",
      ["b confirmed", "a confirmed"],
    ],
    [
      "fails as the first did when both fail",
      { a: ["silent"], b: ["lost"], c: [ok] },
      {},
      "ab",
      "..",
      "timeout, 2",
      ["b unknown", "a unknown"],
    ],
    [
      "takes a hedge's status that is none for a failure, which does not count",
      { a: [late(900, ok)], b: [invalid] },
      {},
      "ab",
      ".x",
      "a, 2",
      [],
    ],
    [
      "takes that of the first for one too, once its hedge has failed",
      { a: [late(150, invalid)], b: [late(100, lost)] },
      {},
      "ab",
      "..",
      "invalid-status, 2",
      [],
    ],
  ])("%s", async (_what, origins, given, asked, aborted, answer, failures) => {
    const done = await forwardTo(origins, given);
    expect([done.asked, done.aborted, done.answer]).toEqual([asked, aborted, answer]);
    expect(done.failures).toEqual(failures);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer behind when it is answered, in time or by its hedge", async () => {
    for (const b of [late(50, ok), ok]) {
      const { spy } = answerAs({ a: b === ok ? ["silent"] : [b], b: [b] });
      const pool = createPool(poolConfig(["a", "b"]));
      const forwarding = forward(OUTGOING, pool.origins, pool, () => T0);
      await vi.advanceTimersByTimeAsync(b === ok ? HEDGE_AFTER_MS : 50);
      await forwarding;
      spy.mockRestore();
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  it("leaves the body of its answer alone", async () => {
    const { forwarded } = await forwardTo({ a: ["silent"], b: [ok] });
    expect(forwarded.kind === "response" && (await forwarded.response.text())).toBe("hello");
  });
});

describe("a request that may not be hedged", () => {
  it("waits for its only origin, with no timer but its deadline's", async () => {
    const given = { outgoing: { hedgeAfterMs: undefined } };
    const { asked, underWay } = await forwardTo({ a: [late(900, ok)], b: [ok] }, given);
    // One of the two timers is the test's own origin.
    expect([asked, underWay]).toEqual(["a", 2]);
  });

  it.each<[string, HeadersInit, boolean]>([
    ["GET", {}, true],
    ["HEAD", {}, true],
    ["GET", { Upgrade: "websocket" }, false],
    ["OPTIONS", {}, false],
    ["PUT", {}, false],
    ["POST", { "Idempotency-Key": "7" }, false],
  ])("is every one but a plain GET or HEAD: %s %o", (method, headers, expected) => {
    expect(isHedgeable(new Request("http://shop.test/", { method, headers }))).toBe(expected);
  });
});

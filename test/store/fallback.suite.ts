import { describe } from "vitest";
import { testBackup } from "./fallback/backup.ts";
import { testJournal } from "./fallback/journal.ts";
import { testLives } from "./fallback/lives.ts";
import { type FallbackUnderTest, partOf } from "./fallback/part.ts";
import { testPending } from "./fallback/pending.ts";
import { testTakeOver } from "./fallback/take-over.ts";

/** The cases that no real server of Redis can show. Another test reads how long its keys live. */
export const GAP_OF_A_REAL_CLOCK = {
  reason: "a server's clock cannot be set; stored-values.test.ts reads the lives of its keys",
  cases: [
    "lives as long as the session can, idle or not, counted from its birth",
    "lives as long as a token may still found the session",
    "lives a day at least, so that a long outage does not cost it",
    "lives on with each change, and no change shortens the journal's life",
    "keeps the journal as long as the backup",
    "forgets a journal's life once the journal is empty",
    "counts as nothing once its life is over: no guard, no entry",
  ],
};

/** The promises of every fallback. */
export function testFallback(name: string, underTest: FallbackUnderTest): void {
  describe(`${name}, as the fallback`, () => {
    const part = partOf(underTest);
    for (const test of [testBackup, testJournal, testTakeOver, testLives, testPending]) test(part);
  });
}

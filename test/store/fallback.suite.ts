import { describe } from "vitest";
import { testBackup } from "./fallback/backup.ts";
import { testJournal } from "./fallback/journal.ts";
import { testLives } from "./fallback/lives.ts";
import { type FallbackUnderTest, partOf } from "./fallback/part.ts";
import { testPending } from "./fallback/pending.ts";
import { testTakeOver } from "./fallback/take-over.ts";

/** The promises of every fallback. */
export function testFallback(name: string, underTest: FallbackUnderTest): void {
  describe(`${name}, as the fallback`, () => {
    const part = partOf(underTest);
    for (const test of [testBackup, testJournal, testTakeOver, testLives, testPending]) test(part);
  });
}

import { describe, expect, it } from "vitest";
import { PrincipalEntries } from "../../src/rows/principal-entries.ts";
import { RowEntries } from "../../src/rows/row-entries.ts";
import { keepPrincipalUntil } from "../../src/rows/row-principals.ts";
import { MAX_SESSION_SECONDS } from "../../src/settings/limits.ts";
import { T0 } from "../support/time.ts";

const YEAR_MS = MAX_SESSION_SECONDS * 1_000;
const DAY_MS = 86_400_000;
const WHERE = { country: "", colo: "", device: "" };

/** The day after which the row of a principal may be freed, for entries that the work has written. */
function keptUntil(work: (entries: RowEntries, rows: PrincipalEntries) => unknown): number {
  const entries = new RowEntries(undefined);
  work(entries, new PrincipalEntries(entries));
  return keepPrincipalUntil(entries) - DAY_MS;
}

describe("the row of a principal is kept", () => {
  it("for as long as a session may live that logged in before all of them were ended", () => {
    expect(keptUntil((_, rows) => rows.setNotBefore(T0))).toBe(T0 + YEAR_MS);
    expect(keptUntil((_, rows) => rows.logouts({ sids: ["s"], issuedAt: 0, at: T0 }))).toBe(T0 + YEAR_MS);
  });

  it("until the last of its sessions is over", () => {
    const row = { state: "live", dueAt: T0, changeId: "", at: T0, bornAt: T0, ...WHERE } as const;
    const last = T0 + 2 * YEAR_MS;
    expect(
      keptUntil((_, rows) => {
        rows.put({ ...row, id: "a", absoluteDeadline: last });
        rows.put({ ...row, id: "b", absoluteDeadline: T0 });
      }),
    ).toBe(last);
  });

  it("until its alarm has rung", () => {
    expect(keptUntil((entries) => entries.setAlarm(T0 + 2 * YEAR_MS))).toBe(T0 + 2 * YEAR_MS);
  });
});

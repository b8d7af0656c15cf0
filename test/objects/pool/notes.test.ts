import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../src/log.ts";
import { MOST_NOTES, Notes } from "../../../src/objects/pool/notes.ts";
import { PoolRows } from "../../../src/objects/pool/pool-rows.ts";
import { createSendNote, isWebhookSecret } from "../../../src/objects/pool/send-note.ts";
import { T0 } from "../../support/time.ts";

const URL = "https://alerts.test/moor";
let objects = 0;

/** Notes on the storage of an object. `deliver` sends everything that is due by a clock that `wait` moves. */
function withNotes(
  work: (world: {
    notes: Notes;
    sent: string[];
    log: LogEntry[];
    rows: PoolRows;
    wait(ms: number): void;
    refuse(isAway: boolean): void;
    deliver(notes?: Notes): Promise<void>;
    restarted(): Notes;
  }) => Promise<void>,
): Promise<void> {
  return runInDurableObject(env.POOL_OBJECT.getByName(`notes-${objects++}`), async (_, { storage }) => {
    const sent: string[] = [];
    const log: LogEntry[] = [];
    const rows = new PoolRows(storage);
    let now = T0;
    let isAway = false;
    let under: Promise<unknown> = Promise.resolve();
    const parts = {
      rows,
      async send(_url: string, { id }: { id: string }) {
        sent.push(id);
        if (isAway) throw new Error("the receiver answers 503");
      },
      keepAlive: (sending: Promise<unknown>) => {
        under = sending;
      },
      clock: () => now,
      log: (entry: LogEntry) => log.push(entry),
    };
    const notes = new Notes(parts);
    await work({
      notes,
      sent,
      log,
      rows,
      wait(ms) {
        now += ms;
      },
      refuse(next) {
        isAway = next;
      },
      async deliver(of = notes) {
        of.sendDue(URL);
        await under;
      },
      restarted: () => new Notes(parts),
    });
  });
}

describe("notes for operators", () => {
  it("are delivered once each, in their order", () =>
    withNotes(async ({ notes, sent, deliver, wait, rows }) => {
      for (const id of ["z", "y", "x"]) {
        notes.add(id, "{}");
        wait(1);
      }
      await deliver();
      expect(sent).toEqual(["z", "y", "x"]);
      await deliver();
      expect([sent.length, rows.notes(), notes.dueAt()]).toEqual([3, [], Infinity]);
    }));

  it("wait longer after each try that failed, from five seconds to an hour, and keep their order", () =>
    withNotes(async ({ notes, sent, deliver, wait, refuse, rows }) => {
      refuse(true);
      notes.add("one", "{}");
      wait(1);
      notes.add("two", "{}");
      const waits: number[] = [];
      for (let tries = 0; tries < 12; tries++) {
        await deliver();
        const [first] = rows.notes(1);
        waits.push((notes.dueAt() - T0 - 1 - waits.reduce((sum, ms) => sum + ms, 0)) / 1000);
        expect(first?.id).toBe("one");
        wait((waits.at(-1) as number) * 1000);
        waits[waits.length - 1] = (waits.at(-1) as number) * 1000;
      }
      expect(waits.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
      expect(waits.at(-1)).toBe(3_600_000);
      expect(new Set(sent)).toEqual(new Set(["one"]));
      refuse(false);
      await deliver();
      expect(sent.slice(-2)).toEqual(["one", "two"]);
    }));

  it("are sent again after a crash in the middle of a try, and not before it is time", () =>
    withNotes(async ({ notes, sent, deliver, wait, rows, restarted }) => {
      notes.add("one", "{}");
      const [note] = rows.notes(1);
      await deliver();
      // The crash came before the answer: the row of the try is there still.
      rows.keepNote({ ...note!, tries: 1, dueAt: T0 + 5_000 });
      await deliver(restarted());
      expect(sent).toEqual(["one"]);
      wait(5_000);
      await deliver(restarted());
      expect(sent).toEqual(["one", "one"]);
    }));

  it("are given up after three days, and when too many wait: the oldest first", () =>
    withNotes(async ({ notes, deliver, wait, refuse, rows, log }) => {
      refuse(true);
      notes.add("old", "{}");
      wait(3 * 86_400_000 + 1);
      await deliver();
      expect([rows.notes(), log.map(({ event }) => event)]).toEqual([[], ["webhook_lost"]]);
      for (let nth = 0; nth <= MOST_NOTES; nth++) {
        notes.add(`note-${nth}`, "{}");
        wait(1);
      }
      expect([rows.notes().length, rows.notes(1)[0]?.id]).toEqual([MOST_NOTES, "note-1"]);
    }));

  it("are noted once, however often the call is repeated that notes them", () =>
    withNotes(async ({ notes, rows }) => {
      for (let call = 0; call < 3; call++) notes.add("one", "{}");
      expect(rows.notes()).toHaveLength(1);
    }));
});

describe("the secret of the webhook", () => {
  it.each([
    [`whsec_${btoa("x".repeat(24))}`, true],
    [`whsec_${btoa("x".repeat(64))}`, true],
    [`whsec_${btoa("x".repeat(23))}`, false],
    [btoa("x".repeat(32)), false],
    ["whsec_", false],
    [undefined, false],
  ])("has at least 24 bytes as base64: %s", (text, isSecret) => expect(isWebhookSecret(text)).toBe(isSecret));

  it("is not in the failure of a call", async () => {
    const send = createSendNote(`whsec_${btoa("x".repeat(24))}`, () => T0);
    const failed = await send("http://127.0.0.1:1/", { id: "one", body: "{}" }).catch(String);
    expect(failed).not.toContain("eHh4");
  });
});

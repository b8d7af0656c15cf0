import { encodeBase64url } from "../lib/base64url.ts";
import type { Unavailable } from "../lib/unavailable.ts";
import { describeFault, type Log } from "../log.ts";
import type { Row, RowRead, RowStore } from "../row-stores/row-store.ts";
import { CHANGE_LIFE_SECONDS } from "../session/change.ts";
import { BreakerOpenError } from "../store/breaker.ts";
import { OBJECT_DEADLINE_MS } from "../store/object-calls.ts";
import type { Seal } from "../store/seal.ts";
import { RowEntries } from "./row-entries.ts";
import { createStoreClock } from "./store-clock.ts";

/** The store, the keys and the clock of transactions. */
export interface RowTransactionsParts {
  readonly store: RowStore;
  readonly seal: Seal;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
  readonly log: Log;
}

/** Until when a row with these entries is needed, in milliseconds since 1970 by this clock. */
export type KeepUntil = (entries: RowEntries) => number;

/** Works on the entries of a row as they were read at `now`. It may run several times, and only its last run takes effect. */
export type RowWork<Answer> = (entries: RowEntries, now: number) => Promise<Answer>;

/**
 * Runs work on one row, and writes the entries that it has changed. The row is compared and written in one step. If another writer was
 * first, the work runs again, on the row of that writer.
 *
 * @param notAfter the write takes no effect from then on, in milliseconds since 1970. Default: in 8 s.
 * @returns the answer of the run that took effect; `unavailable` if the store did not answer, or if other writers kept moving the row.
 */
export type Transact = <Answer>(
  name: string,
  keepUntil: KeepUntil,
  work: RowWork<Answer>,
  notAfter?: number,
) => Promise<Answer | Unavailable>;

const TAG_BYTES = 12;
/** How often a change is tried while other writers move its row. Cloudflare's free plan allows 50 calls in one request. */
const MOST_ATTEMPTS = { metered: 12, unmetered: 80 };
/** A store that did not answer is asked once more, because a connection may have been closed. */
const MOST_SILENCES = 2;
/** The longest pause before an attempt, in milliseconds: it begins at 5 ms and doubles. */
const MOST_PAUSE_MS = 60;

interface Asked<Answer> {
  readonly name: string;
  readonly keepUntil: KeepUntil;
  readonly work: RowWork<Answer>;
  readonly notAfter: number | undefined;
  readonly rows: Pick<RowStore, "read" | "write">;
}

/** A row that came with the answer to a write, so that it need not be read again. */
interface Held {
  readonly read: Exclude<RowRead, Unavailable>;
  readonly readAt: number;
}

interface Moved {
  readonly kind: "moved";
  readonly seen: string | undefined;
  readonly held?: Held;
}

type Tried<Answer> =
  | { readonly kind: "done"; readonly answer: Answer | Unavailable }
  | { readonly kind: "silent"; readonly answer: Unavailable }
  | Moved;

/** Transactions on the rows of a store, each on a connection of its own. */
export function createRowTransactions(parts: RowTransactionsParts): Transact {
  return createTransactionsBy(parts)(parts.store.connect);
}

/** Creates transactions on the rows of a store, from the way in which each gets its connection. */
export function createTransactionsBy(parts: RowTransactionsParts): (connect: RowStore["connect"]) => Transact {
  const { store, seal, clock, random, pause, log } = parts;
  const mostAttempts = store.isMetered ? MOST_ATTEMPTS.metered : MOST_ATTEMPTS.unmetered;
  const translate = createStoreClock({ store: store.name, clock, log });

  async function open(name: string, read: Exclude<RowRead, Unavailable>): Promise<RowEntries | Unavailable> {
    if (read.kind === "none") return new RowEntries(undefined);
    const text = await seal.open({ id: name, version: 0, purpose: "row" }, read.row.text);
    return text === undefined ? oneRow("a row cannot be opened with the keys at hand") : new RowEntries(text);
  }

  async function close(name: string, entries: RowEntries): Promise<Row> {
    const text = await seal.close({ id: name, version: 0, purpose: "row" }, entries.toText());
    return { tag: encodeBase64url(crypto.getRandomValues(new Uint8Array(TAG_BYTES))), text };
  }

  /** Reads, works and writes once. */
  async function attempt<Answer>(
    { name, keepUntil, work, notAfter, rows }: Asked<Answer>,
    held?: Held,
  ): Promise<Tried<Answer>> {
    // The copy that an answer vouches for was read after `now`.
    const now = held?.readAt ?? clock();
    const read = held?.read ?? (await rows.read(name));
    if (read.kind === "unavailable") return { kind: "silent", answer: read };
    const entries = await open(name, read);
    if (!(entries instanceof RowEntries)) return { kind: "done", answer: entries };
    let answer: Answer;
    try {
      answer = await work(entries, now);
    } catch (cause) {
      // The row may be of newer code, before a rollback. Work that was not finished is not written.
      return { kind: "done", answer: oneRow(describeFault(cause)) };
    }
    const seen = read.kind === "row" ? read.row.tag : undefined;
    if (!entries.hasChanged) return { kind: "done", answer };

    const next = entries.isEmpty ? undefined : await close(name, entries);
    const lastMoment = notAfter ?? now + CHANGE_LIFE_SECONDS * 1000;
    const times = translate(read.storeNow, now);
    const sentAt = clock();
    if (sentAt >= lastMoment) return { kind: "done", answer: late() };
    const written = await rows.write(name, {
      seen,
      next,
      keepUntil: times.atLeast(keepUntil(entries)),
      dueAt: next === undefined || entries.alarmAt === undefined ? undefined : times.atLeast(entries.alarmAt),
      notAfter: times.atMost(lastMoment),
      isEnd: entries.isEnd,
    });
    switch (written.kind) {
      case "written":
        return { kind: "done", answer };
      case "late":
        return { kind: "done", answer: late() };
      case "unavailable":
        return { kind: "silent", answer: written };
      case "moved":
        return { kind: "moved", seen, ...(written.now ? { held: { read: written.now, readAt: sentAt } } : {}) };
    }
  }

  async function run<Answer>(asked: Asked<Answer>): Promise<Answer | Unavailable> {
    const endsAt = clock() + OBJECT_DEADLINE_MS;
    let silences = 0;
    let moved: Moved | undefined;
    for (let attempts = 0; attempts < mostAttempts && clock() < endsAt; attempts++) {
      if (attempts > 0) await pause(random() * Math.min(5 * 2 ** attempts, MOST_PAUSE_MS));
      const tried = await attempt(asked, moved?.held);
      if (tried.kind === "done") return tried.answer;
      if (tried.kind === "silent") {
        silences += 1;
        if (silences === MOST_SILENCES || tried.answer.cause instanceof BreakerOpenError) return tried.answer;
      } else if (moved && !moved.held && !tried.held && tried.seen === moved.seen) {
        // A tag is never used twice, so the second read is older than the write that moved the row.
        return { kind: "unavailable", cause: new Error(`reads of ${store.name} do not come from its primary`) };
      } else moved = tried;
    }
    return oneRow("other writers keep changing the row");
  }

  return (connect) => async (name, keepUntil, work, notAfter) => {
    const connection = connect?.();
    try {
      return await run({ name, keepUntil, work, notAfter, rows: connection ?? store });
    } finally {
      await connection?.end();
    }
  };
}

function late(): Unavailable {
  return oneRow("the change came too late");
}

/** A fault that concerns one row alone, and says nothing about the store. */
class OneRowFault extends Error {
  readonly isOneSessions = true;
}

function oneRow(reason: string): Unavailable {
  return { kind: "unavailable", cause: new OneRowFault(reason) };
}

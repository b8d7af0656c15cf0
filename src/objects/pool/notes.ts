import { describeFault, type Log } from "../../log.ts";
import type { Note, PoolRows } from "./pool-rows.ts";

/** Sends a note once. @throws the reason why it did not arrive, as far as the sender can know. */
export type SendNote = (url: string, note: Pick<Note, "id" | "body">) => Promise<void>;

/** The rows, the clock, and the way to the receiver. */
export interface NotesParts {
  readonly rows: PoolRows;
  readonly send: SendNote;
  /** Holds on to work that nothing waits for. */
  readonly keepAlive: (work: Promise<unknown>) => void;
  readonly clock: () => number;
  readonly log: Log;
}

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;
/** A note that could not be delivered for this long is given up. */
const GIVE_UP_MS = 3 * 86_400_000;
/** More notes than these are not kept. The oldest goes. */
export const MOST_NOTES = 1_000;

/**
 * Delivers notes in their order, each at least once. A note is a row before it is sent, and its next try is in the row before each try.
 * So a crash loses no note. A receiver may get a note twice, if its answer was lost; it knows the note by its id.
 */
export class Notes {
  readonly #parts: NotesParts;
  #isSending = false;

  constructor(parts: NotesParts) {
    this.#parts = parts;
  }

  /** Keeps a note, in the same write as everything else of this turn. */
  add(id: string, body: string): void {
    const { rows, clock, log } = this.#parts;
    const waiting = rows.notes();
    if (waiting.some((note) => note.id === id)) return;
    for (const { at, id: lost } of waiting.slice(0, Math.max(0, waiting.length + 1 - MOST_NOTES))) {
      rows.dropNote(at, lost);
      log({ event: "webhook_lost", reason: `more than ${MOST_NOTES} notes wait` });
    }
    const now = clock();
    rows.keepNote({ id, at: Math.max(now, waiting.at(-1)?.at ?? 0), body, tries: 0, dueAt: now });
  }

  /** When the first note is to be sent; `Infinity`: no note waits. */
  dueAt(): number {
    const { rows, clock } = this.#parts;
    const dueAt = rows.notes(1)[0]?.dueAt ?? Infinity;
    return this.#isSending ? Math.max(dueAt, clock() + FIRST_WAIT_MS) : dueAt;
  }

  /** Sends the notes that are due. Nothing waits for the receiver. */
  sendDue(url: string): void {
    if (this.#isSending || this.dueAt() > this.#parts.clock()) return;
    this.#isSending = true;
    this.#parts.keepAlive(this.#sendAll(url));
  }

  async #sendAll(url: string): Promise<void> {
    const { rows, send, clock, log } = this.#parts;
    try {
      for (let [note] = rows.notes(1); note && note.dueAt <= clock(); [note] = rows.notes(1)) {
        const now = clock();
        const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** note.tries);
        rows.keepNote({ ...note, tries: note.tries + 1, dueAt: now + waitMs });
        try {
          await send(url, note);
          rows.dropNote(note.at, note.id);
        } catch (cause) {
          const isLost = now - note.at > GIVE_UP_MS;
          if (isLost) rows.dropNote(note.at, note.id);
          log({ event: isLost ? "webhook_lost" : "webhook_failed", reason: describeFault(cause) });
        }
      }
    } finally {
      this.#isSending = false;
    }
  }
}

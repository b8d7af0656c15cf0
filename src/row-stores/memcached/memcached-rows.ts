import { withinDeadline } from "../../lib/deadline.ts";
import type { Wire } from "../../lib/wire.ts";
import { alone } from "../alone.ts";
import type { RowConnection, RowRead, RowStore, RowWrite, RowWritten } from "../row-store.ts";
import { type MetaConnection, type Reply, speakMeta } from "./meta-protocol.ts";

/** The way to memcached. */
export interface MemcachedRowsOptions {
  /** Opens a connection. It may throw, or fail with the first use. */
  connect(): Wire | Promise<Wire>;
  /** How long one command may take, with the connection before it, in milliseconds. */
  readonly deadlineMs: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A row that was read on this connection, with the number by which memcached compares it. */
interface Seen {
  readonly tag: string;
  readonly cas: string;
}

/** memcached counts up to thirty days from now on, and 0 keeps a row for ever. */
const LEAST_SECONDS = 30 * 24 * 60 * 60 + 1;
const MOST_SECONDS = 2_147_483_647;
/** Answers of memcached that tell an operator what to do. */
const KNOWN = /^SERVER_ERROR (out of memory|object too large)/;

/**
 * Rows in one memcached, by its meta protocol. A restart empties it, and without `-M` it evicts rows when it is full. It does not tell
 * the time, and names no rows, so nobody is told of sessions that become idle.
 */
export function createMemcachedRows({ connect, deadlineMs, clock }: MemcachedRowsOptions): RowStore {
  function opened(): RowConnection {
    let open: MetaConnection | undefined;
    let last: Seen | undefined;

    function end(): void {
      open?.close();
      [open, last] = [undefined, undefined];
    }

    /** A late answer would be taken for the answer to the next command, so the connection is thrown away after a fault. */
    async function ask(command: string): Promise<Reply> {
      try {
        open ??= speakMeta(await connect());
        return await withinDeadline(open.ask(command), deadlineMs);
      } catch {
        end();
        throw new MemcachedFault("it did not answer");
      }
    }

    async function read(name: string): Promise<Exclude<RowRead, { kind: "unavailable" }>> {
      const { head, value } = await ask(`mg ${keyOf(name)} v c\r\n`);
      if (head === "EN") return { kind: "none" };
      const cas = / c(\d+)(?: |$)/.exec(head)?.[1];
      const cut = value?.indexOf(" ") ?? -1;
      if (value === undefined || cas === undefined || cut < 1) throw refusal(head);
      const tag = value.slice(0, cut);
      last = { tag, cas };
      return { kind: "row", row: { tag, text: value.slice(cut + 1) } };
    }

    async function write(name: string, { seen, next, keepUntil, notAfter }: RowWrite): Promise<RowWritten> {
      if (clock() >= notAfter) return { kind: "late" };
      // A tag is no secret, and no two rows ever have the same. If the row has changed since, memcached has another number for it.
      const { tag: newest } = last ?? {};
      const isKnown = seen !== undefined && newest === seen;
      const now = isKnown ? undefined : await read(name);
      if (now && seen !== (now.kind === "row" ? now.row.tag : undefined)) return { kind: "moved", now };
      if (!next) {
        if (seen === undefined) return { kind: "written" };
        return outcomeOf(await ask(`md ${keyOf(name)} C${last?.cas}\r\n`));
      }
      const text = `${next.tag} ${next.text}`;
      const mode = seen === undefined ? "ME" : `C${last?.cas}`;
      return outcomeOf(await ask(`ms ${keyOf(name)} ${text.length} T${expiryAt(keepUntil)} ${mode}\r\n${text}\r\n`));
    }

    return {
      read: (name) => attempt(() => read(name)),
      write: (name, asked) => attempt(() => write(name, asked)),
      end: async () => end(),
    };
  }

  /** As memcached takes it: seconds since 1970. A time in the past frees the row at once. */
  function expiryAt(keepUntil: number): number {
    return Math.max(LEAST_SECONDS, Math.min(MOST_SECONDS, Math.ceil(keepUntil / 1000)));
  }

  return {
    name: "memcached",
    isMetered: false,
    connect: opened,
    read: (name) => alone(opened(), (connection) => connection.read(name)),
    write: (name, asked) => alone(opened(), (connection) => connection.write(name, asked)),
    due: async () => ({ kind: "names", names: [] }),
    free: async () => ({ kind: "freed", rows: 0 }),
  };
}

function outcomeOf({ head }: Reply): RowWritten {
  if (head === "HD") return { kind: "written" };
  // Another writer came between: it has founded, replaced or deleted the row.
  if (head === "NS" || head === "EX" || head === "NF") return { kind: "moved" };
  throw refusal(head);
}

function keyOf(name: string): string {
  return `moor:${name}`;
}

function refusal(head: string): MemcachedFault {
  return new MemcachedFault(KNOWN.exec(head)?.[1] ?? "it answered something else than was asked");
}

/** A fault of memcached. Its text is fixed, so it may be logged. */
class MemcachedFault extends Error {
  override readonly name = "MemcachedFault";

  constructor(what: string) {
    super(`memcached: ${what}`);
  }
}

/** Returns `unavailable` for a fault of memcached. Any other error is a mistake in the code, and is thrown on. */
async function attempt<T>(work: () => Promise<T>): Promise<T | { kind: "unavailable"; cause: MemcachedFault }> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof MemcachedFault) return { kind: "unavailable", cause };
    throw cause;
  }
}

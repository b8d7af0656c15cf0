import type { Wire } from "../../lib/wire.ts";

/** An answer: its first line without the line's end, and the value behind it. */
export interface Reply {
  readonly head: string;
  readonly value?: string;
}

/** One connection. Commands follow each other: a caller waits for the answer before it sends the next command. */
export interface MetaConnection {
  /** Sends a command with its line's end, and returns the answer. Rejects if the connection ends before that. */
  ask(command: string): Promise<Reply>;
  close(): void;
}

/** The longest first line of an answer. */
const MOST_HEAD = 2_048;

/**
 * The meta protocol of memcached 1.6 (https://github.com/memcached/memcached/blob/master/doc/protocol.txt), as far as rows need it. Values
 * are ASCII, so characters are bytes.
 */
export function speakMeta(wire: Wire): MetaConnection {
  const writer = wire.writable.getWriter();
  const reader = wire.readable.getReader();
  const decoder = new TextDecoder();
  let held = "";

  async function more(): Promise<void> {
    const { value, done } = await reader.read();
    if (done) throw new Error("memcached has closed the connection");
    held += decoder.decode(value, { stream: true });
  }

  function take(length: number, lineEnd: number): string {
    const text = held.slice(0, length);
    held = held.slice(length + lineEnd);
    return text;
  }

  async function line(): Promise<string> {
    for (let end = held.indexOf("\r\n"); ; end = held.indexOf("\r\n")) {
      if (end >= 0) return take(end, 2);
      if (held.length > MOST_HEAD) throw new Error("memcached answers something else than was asked");
      await more();
    }
  }

  return {
    async ask(command) {
      await writer.write(new TextEncoder().encode(command));
      const head = await line();
      const length = /^VA (\d{1,9})(?: |$)/.exec(head)?.[1];
      if (length === undefined) return { head };
      while (held.length < Number(length) + 2) await more();
      return { head, value: take(Number(length), 2) };
    },
    close: () => void wire.close(),
  };
}

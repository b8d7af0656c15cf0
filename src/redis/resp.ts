import type { Wire } from "../lib/wire.ts";
import { RedisFault, refusal, unreadable } from "./client.ts";

/** One connection. Commands follow each other: a caller waits for the answer before it sends more. */
export interface RespConnection {
  /**
   * Sends commands together, and returns the reply to the last of them.
   *
   * @throws RedisFault if the connection ends, if an answer cannot be read, or if Redis refused one of the commands.
   */
  ask(commands: readonly (readonly string[])[]): Promise<unknown>;
  close(): void;
}

const CR = 13;
const LF = 10;
/** The longest line: a number, or an error. */
const MOST_LINE = 4_096;
/** Scripts answer a list with at most one list in it. */
const MOST_DEPTH = 4;
const NOTHING = new Uint8Array();

/** Redis' protocol in version 2 (https://redis.io/docs/latest/develop/reference/protocol-spec/). Texts are UTF-8. */
export function speakResp(wire: Wire): RespConnection {
  const writer = wire.writable.getWriter();
  const reader = wire.readable.getReader();
  const decoder = new TextDecoder();
  let held: Uint8Array = NOTHING;
  let at = 0;

  async function more(): Promise<void> {
    const { value, done } = await reader.read();
    if (done) throw new RedisFault("no-answer");
    const left = held.subarray(at);
    at = 0;
    if (left.length === 0) {
      held = value;
      return;
    }
    held = new Uint8Array(left.length + value.length);
    held.set(left);
    held.set(value, left.length);
  }

  async function bytes(length: number): Promise<string> {
    while (held.length - at < length + 2) await more();
    if (held[at + length] !== CR || held[at + length + 1] !== LF) unreadable();
    const text = decoder.decode(held.subarray(at, at + length));
    at += length + 2;
    return text;
  }

  async function line(): Promise<string> {
    for (let end = held.indexOf(CR, at); ; end = held.indexOf(CR, at)) {
      if (end >= 0) return bytes(end - at);
      if (held.length - at > MOST_LINE) unreadable();
      await more();
    }
  }

  async function reply(depth = 0): Promise<unknown> {
    const head = await line();
    const rest = head.slice(1);
    switch (head[0]) {
      case "+":
        return rest;
      case "-":
        return refusal(rest);
      case ":":
        return whole(rest);
      case "$": {
        const length = whole(rest);
        return length === -1 ? null : bytes(length);
      }
      case "*": {
        const length = whole(rest);
        if (length === -1) return null;
        if (depth >= MOST_DEPTH) unreadable();
        const items: unknown[] = [];
        while (items.length < length) items.push(await reply(depth + 1));
        return items.some((item) => item instanceof RedisFault) ? unreadable() : items;
      }
      default:
        return unreadable();
    }
  }

  return {
    async ask(commands) {
      await writer.write(new TextEncoder().encode(commands.map(textOf).join("")));
      let last: unknown;
      for (const _ of commands) {
        last = await reply();
        if (last instanceof RedisFault) throw last;
      }
      return last;
    },
    close: () => void wire.close(),
  };
}

function textOf(command: readonly string[]): string {
  const parts = command.map((part) => `$${new TextEncoder().encode(part).length}\r\n${part}\r\n`);
  return `*${command.length}\r\n${parts.join("")}`;
}

/** A length of -1 means that there is no value. */
function whole(text: string): number {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : unreadable();
}

import { carry, type Passage } from "../../../../emulation/link.ts";
import type { Wire } from "../../../../src/lib/wire.ts";
import { createMemcachedRows } from "../../../../src/row-stores/memcached/memcached-rows.ts";
import type { CreateRowServer } from "./server.ts";

const DEADLINE_MS = 1_000;
const ERRORS = { down: () => new Error("no answer"), lost: () => new Error("no answer") };

interface Item {
  readonly value: string;
  readonly cas: number;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/** memcached: the commands of its driver. A set-back is a restart, which empties it, and its numbers begin anew. */
export const rowsInMemcached: CreateRowServer = ({ clock, serverNow, latencyMs, faultOf }) => {
  const server = createMemcached(serverNow);

  function wireFrom(location: string): Wire {
    const passage = (command: string): Passage => ({
      clock,
      requestMs: latencyMs(),
      responseMs: latencyMs(),
      fault: faultOf(location, command.startsWith("mg") ? "read" : "write"),
      errors: ERRORS,
    });
    const { ask, isOpen } = server.connect();
    return wireBy((command) =>
      carry(async () => {
        if (!isOpen()) throw new Error("the server has closed the connection");
        return ask(command);
      }, passage(command)),
    );
  }

  const rowsBy = (connect: () => Wire, now: () => number) =>
    createMemcachedRows({ connect, deadlineMs: DEADLINE_MS, clock: now });
  return {
    store: rowsBy(() => wireBy(async (command) => server.connect().ask(command)), serverNow),
    from: (location, now) => rowsBy(() => wireFrom(location), now),
    setBack: () => server.restart(),
  };
};

/** A memcached, as far as rows need its meta protocol. */
function createMemcached(now: () => number) {
  let items = new Map<string, Item>();
  let lastCas = 0;
  let starts = 0;

  function itemAt(key: string): Item | undefined {
    const item = items.get(key);
    return item && now() < item.expiresAt ? item : undefined;
  }

  function ask(command: string): string {
    const [head = "", value = ""] = command.split("\r\n");
    const [verb, key = "", ...flags] = head.split(" ");
    const item = itemAt(key);
    const flag = (letter: string) => flags.find((text) => text.startsWith(letter))?.slice(1);
    if (verb === "mg") return item ? `VA ${item.value.length} c${item.cas}\r\n${item.value}\r\n` : "EN\r\n";
    const seen = flag("C");
    if (seen !== undefined && !item) return "NF\r\n";
    if (seen !== undefined && String(item?.cas) !== seen) return "EX\r\n";
    if (verb === "md") return items.delete(key) ? "HD\r\n" : "NF\r\n";
    if (verb !== "ms") return "ERROR\r\n";
    if (flag("M") === "E" && item) return "NS\r\n";
    const seconds = Number(flag("T"));
    items.set(key, { value, cas: ++lastCas, expiresAt: seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000 });
    return "HD\r\n";
  }

  return {
    /** A connection, which ends when the server starts again. */
    connect() {
      const since = starts;
      return { ask, isOpen: () => since === starts };
    },
    restart() {
      items = new Map();
      lastCas = 0;
      starts += 1;
    },
  };
}

/** A connection to a server, which gives one answer to each text. If no answer can be had, the connection ends. */
function wireBy(ask: (text: string) => Promise<string>): Wire {
  const answers: Promise<string>[] = [];
  const reader = {
    async read() {
      const answer = await answers.shift()?.catch(() => undefined);
      return answer === undefined ? { done: true } : { done: false, value: new TextEncoder().encode(answer) };
    },
  };
  const writer = { write: async (bytes: Uint8Array) => void answers.push(ask(new TextDecoder().decode(bytes))) };
  // The driver uses nothing else of the streams.
  return {
    readable: { getReader: () => reader },
    writable: { getWriter: () => writer },
    close() {},
  } as unknown as Wire;
}

import { describe, expect, it } from "vitest";
import { createMemcachedRows } from "../../src/row-stores/memcached/memcached-rows.ts";
import { speakMeta } from "../../src/row-stores/memcached/meta-protocol.ts";
import { answeringWire } from "../support/answering-wire.ts";
import { T0 } from "../support/time.ts";

/** A memcached that gives these answers, one for each command. `undefined`: it is silent. `null`: it closes the connection. */
const wireOf = (answers: (string | undefined | null)[], onClose = () => {}) =>
  answeringWire(() => [answers.shift()], onClose);

function memcachedThat(...answers: (string | undefined | null)[]) {
  const count = { opened: 0, closed: 0 };
  const store = createMemcachedRows({
    connect() {
      count.opened++;
      return wireOf(answers, () => count.closed++);
    },
    deadlineMs: 50,
    clock: () => T0,
  });
  return { count, store, connection: store.connect?.() };
}
const WRITE = { keepUntil: T0 + 1_000, dueAt: undefined, notAfter: T0 + 1_000 };
const HELD = "VA 6 c7\r\na text\r\n";

describe("memcached", () => {
  it.each([
    ["is silent", undefined],
    ["closes the connection", null],
  ])("that %s is unavailable, and its connection is thrown away", async (_what, answer) => {
    const { connection, count } = memcachedThat(answer, HELD);
    expect(await connection?.read("row")).toMatchObject({
      kind: "unavailable",
      cause: { message: "memcached: it did not answer" },
    });
    expect(count).toEqual({ opened: 1, closed: 1 });
    expect(await connection?.read("row")).toEqual({ kind: "row", row: { tag: "a", text: "text" } });
    expect(count.opened).toBe(2);
  });

  it.each(["NS", "EX", "NF"])("answers %s to a write that another writer was faster than", async (answer) => {
    const { store } = memcachedThat(HELD, `${answer}\r\n`);
    const replaced = store.write("row", { ...WRITE, seen: "a", next: { tag: "b", text: "text" } });
    expect(await replaced).toEqual({ kind: "moved" });
  });

  it.each([
    [
      "an error that quotes the value",
      "CLIENT_ERROR bad data chunk secret\r\n",
      "it answered something else than was asked",
    ],
    ["a lack of memory", "SERVER_ERROR out of memory storing object secret\r\n", "out of memory"],
    ["a value without a tag", "VA 6 c7\r\nsecret\r\n", "it answered something else than was asked"],
    ["a value without its number", "VA 6\r\na text\r\n", "it answered something else than was asked"],
  ])("is unavailable by %s, and the cause quotes nothing", async (_what, answer, message) => {
    const read = await memcachedThat(answer).store.read("row");
    expect(read).toMatchObject({ kind: "unavailable", cause: { message: `memcached: ${message}` } });
  });

  it("is not blamed for a mistake in the code", async () => {
    const clock = () => {
      throw new TypeError("mistake");
    };
    const store = createMemcachedRows({ connect: () => wireOf([]), deadlineMs: 50, clock });
    const written = store.write("row", { ...WRITE, seen: undefined, next: { tag: "b", text: "text" } });
    await expect(written).rejects.toThrow("mistake");
  });
});

describe("an answer by the meta protocol", () => {
  it("without an end is given up, and not collected until the deadline", async () => {
    await expect(speakMeta(wireOf(["x".repeat(3_000)])).ask("mg row\r\n")).rejects.toThrow("something else");
  });

  it("of a connection that closes is none", async () => {
    await expect(speakMeta(wireOf([null])).ask("mg row\r\n")).rejects.toThrow("closed the connection");
  });
});

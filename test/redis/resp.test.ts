import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Wire } from "../../src/lib/wire.ts";
import { RedisFault } from "../../src/redis/client.ts";
import { speakResp } from "../../src/redis/resp.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** A server that gives these bytes, in pieces of so many bytes, and then closes. It keeps what it was sent. */
function serverOf(answer: Uint8Array, piece = answer.length) {
  const sent: string[] = [];
  let at = 0;
  const wire: Wire = {
    readable: new ReadableStream({
      pull(controller) {
        if (at >= answer.length) return controller.close();
        controller.enqueue(answer.slice(at, at + piece));
        at += piece;
      },
    }),
    writable: new WritableStream({ write: (chunk) => void sent.push(new TextDecoder().decode(chunk)) }),
    close: () => {},
  };
  return { connection: speakResp(wire), sent };
}
const replyIn = (answer: string, piece?: number) => serverOf(bytesOf(answer), piece).connection.ask([["PING"]]);

describe("a reply of Redis", () => {
  it.each<[string, unknown]>([
    ["+OK\r\n", "OK"],
    [":-12\r\n", -12],
    ["$5\r\nh\r\nlo\r\n", "h\r\nlo"],
    ["$3\r\n€\r\n", "€"],
    ["$0\r\n\r\n", ""],
    ["$-1\r\n", null],
    ["*-1\r\n", null],
    ["*0\r\n", []],
    ["*3\r\n$1\r\na\r\n:7\r\n*1\r\n$-1\r\n", ["a", 7, [null]]],
  ])("is read wherever the network cuts it: %j", async (answer, value) => {
    for (let piece = 1; piece <= bytesOf(answer).length; piece++) expect(await replyIn(answer, piece)).toEqual(value);
  });

  it.each([
    "%1\r\n+a\r\n:1\r\n",
    ":1.5\r\n",
    "$2\r\nabc\r\n",
    "*1\r\n-ERR inside\r\n",
    `+${"x".repeat(5_000)}`,
    "*1\r\n".repeat(9),
    "*x\r\n",
  ])("that has another form is unreadable: %j", async (answer) => {
    await expect(replyIn(answer)).rejects.toMatchObject({ name: "RedisFault", code: "unreadable" });
  });

  it("that ends early is no answer", async () => {
    for (const answer of ["", "$5\r\nhel", "*2\r\n:1\r\n"]) {
      await expect(replyIn(answer)).rejects.toMatchObject({ code: "no-answer" });
    }
  });

  it("that is an error is a fault, whose text quotes nothing", async () => {
    const fault = await replyIn("-WRONGPASS invalid username-password pair, secret\r\n").catch(
      (error: unknown) => error,
    );
    expect(fault).toBeInstanceOf(RedisFault);
    expect(fault).toMatchObject({ code: "refused", message: "Redis answered with an error: WRONGPASS" });
  });
});

describe("commands to Redis", () => {
  it("are sent together, and the last reply counts", async () => {
    const { connection, sent } = serverOf(bytesOf("+OK\r\n:3\r\n"));
    expect(
      await connection.ask([
        ["AUTH", "pass"],
        ["WAIT", "1"],
      ]),
    ).toBe(3);
    expect(sent).toEqual(["*2\r\n$4\r\nAUTH\r\n$4\r\npass\r\n*2\r\n$4\r\nWAIT\r\n$1\r\n1\r\n"]);
  });

  it("fail if an earlier one of them is refused", async () => {
    const { connection } = serverOf(bytesOf("-NOAUTH\r\n:3\r\n"));
    await expect(connection.ask([["AUTH", "pass"], ["TIME"]])).rejects.toMatchObject({ code: "refused" });
  });

  it("carry every text, and a reply that repeats it is that text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 7 }), async (text, piece) => {
        const bytes = bytesOf(text);
        const echo = new Uint8Array([...bytesOf(`$${bytes.length}\r\n`), ...bytes, 13, 10]);
        const { connection, sent } = serverOf(echo, piece);
        expect(await connection.ask([["ECHO", text]])).toBe(text);
        expect(sent.join("")).toBe(`*2\r\n$4\r\nECHO\r\n$${bytes.length}\r\n${text}\r\n`);
      }),
    );
  });
});

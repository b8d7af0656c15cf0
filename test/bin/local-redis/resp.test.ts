/** @quick */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReplyReader, encode, isError, type Reply } from "../../../bin/local-redis/resp.ts";

function read(...chunks: (string | Buffer)[]): Reply[] {
  const replies: Reply[] = [];
  const take = createReplyReader((reply) => replies.push(reply));
  for (const chunk of chunks) take(Buffer.from(chunk));
  return replies;
}

/** The bytes that Redis would send for a reply. */
function written(reply: Reply): Buffer {
  if (reply === null) return Buffer.from("$-1\r\n");
  if (typeof reply === "number") return Buffer.from(`:${reply}\r\n`);
  if (Buffer.isBuffer(reply)) return Buffer.concat([Buffer.from(`$${reply.length}\r\n`), reply, Buffer.from("\r\n")]);
  if (isError(reply)) return Buffer.from(`-${reply.error}\r\n`);
  return Buffer.concat([Buffer.from(`*${reply.length}\r\n`), ...reply.map(written)]);
}

const replies = fc.letrec<{ reply: Reply; array: Reply[] }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.constantFrom("ERR no", "WRONGTYPE é").map((error) => ({ error })),
    tie("array"),
  ),
  array: fc.array(tie("reply"), { maxLength: 5 }),
})).reply;

describe("a command as Redis reads it", () => {
  it("is an array of bulk strings", () => {
    expect(encode(["SET", "key", ""])).toBe("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n");
  });

  it("counts bytes, not characters", () => {
    expect(encode(["é", "🙂", "\ud800"])).toBe("*3\r\n$2\r\né\r\n$4\r\n🙂\r\n$3\r\n\ud800\r\n");
  });
});

describe("the replies of Redis", () => {
  it.each<[name: string, sent: string, reply: Reply]>([
    ["a simple string", "+OK\r\n", Buffer.from("OK")],
    ["an error", "-ERR no\r\n", { error: "ERR no" }],
    ["an integer", ":-12\r\n", -12],
    ["a bulk string", "$4\r\na\r\nb\r\n", Buffer.from("a\r\nb")],
    ["an empty bulk string", "$0\r\n\r\n", Buffer.alloc(0)],
    ["no string", "$-1\r\n", null],
    ["an empty array", "*0\r\n", []],
    ["no array", "*-1\r\n", null],
    ["arrays in arrays", "*3\r\n:1\r\n*2\r\n$-1\r\n*0\r\n+a\r\n", [1, [null, []], Buffer.from("a")]],
  ])("are read: %s", (_, sent, reply) => {
    expect(read(sent)).toEqual([reply]);
  });

  it("are read in order, and only complete replies", () => {
    expect(read(":1\r\n:2\r\n$3\r\nab")).toEqual([1, 2]);
  });

  it("are read however the network cuts them", () => {
    fc.assert(
      fc.property(fc.array(replies, { maxLength: 4 }), fc.array(fc.nat({ max: 40 })), (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(written));
        const chunks: Buffer[] = [];
        let from = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(from, from + size));
          from += size;
        }
        expect(read(...chunks, bytes.subarray(from))).toEqual(sent);
      }),
      { numRuns: 1_000 },
    );
  });

  it("are refused when they are of another protocol", () => {
    expect(() => read("%1\r\n+a\r\n:1\r\n")).toThrow('a reply of type "%"');
    expect(() => read("HTTP/1.1 400 Bad Request\r\n")).toThrow('a reply of type "H"');
  });
});

import { describe, expect, it } from "vitest";
import { MAX_HELD_BODY_BYTES, takeBody } from "../../src/upstream/body.ts";

function post(body: string, declared: string | null = String(body.length)): Request {
  const headers = declared === null ? {} : { "Content-Length": declared };
  const stream = new Response(body).body;
  return new Request("http://shop.test/", { method: "POST", body: stream, headers });
}

describe("a request's body", () => {
  it("is none when there is none", async () => {
    expect(await takeBody(new Request("http://shop.test/"), true)).toBeNull();
  });

  it("is held whole when the request may be sent again and it is small", async () => {
    const body = await takeBody(post("basket=tea"), true);
    expect(body).toBeInstanceOf(ArrayBuffer);
    expect(new TextDecoder().decode(body as ArrayBuffer)).toBe("basket=tea");
  });

  it.each([
    ["is not wanted", post("a"), false],
    ["declares no length", post("a", null), true],
    ["declares a length that is none", post("a", "one"), true],
    ["declares more than is held", post("a", String(MAX_HELD_BODY_BYTES + 1)), true],
  ])("is streamed, unread, when it %s", async (_when, request, wanted) => {
    const body = await takeBody(request, wanted);
    expect(body).toBe(request.body);
    expect(request.bodyUsed).toBe(false);
  });

  it("is held up to 64 KiB", async () => {
    const body = await takeBody(post("x".repeat(MAX_HELD_BODY_BYTES)), true);
    expect((body as ArrayBuffer).byteLength).toBe(65_536);
  });
});

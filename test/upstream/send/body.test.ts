import { describe, expect, it } from "vitest";
import { MAX_HELD_BODY_BYTES, takeBody } from "../../../src/upstream/send/body.ts";

function post(body: string, declared: string | null = String(body.length)): Request {
  const headers = declared === null ? {} : { "Content-Length": declared };
  const stream = new Response(body).body;
  return new Request("http://shop.test/", { method: "POST", body: stream, headers });
}

const taken = (request: Request) => takeBody(request, () => request.arrayBuffer());

describe("a request's body", () => {
  it("is undefined when there is no body", async () => {
    expect(await taken(new Request("http://shop.test/"))).toBeNull();
  });

  it("is held whole when it is small", async () => {
    const body = await taken(post("basket=tea"));
    expect(body).toBeInstanceOf(ArrayBuffer);
    expect(new TextDecoder().decode(body as ArrayBuffer)).toBe("basket=tea");
  });

  it("is an empty body, unread, when it declares a length of 0", async () => {
    const request = post("");
    expect(await taken(request)).toEqual(new ArrayBuffer(0));
    expect(request.bodyUsed).toBe(false);
  });

  it.each([
    ["declares no length", post("a", null)],
    ["declares a length that is none", post("a", "one")],
    ["declares more than is held", post("a", String(MAX_HELD_BODY_BYTES + 1))],
  ])("is streamed, unread, when it %s", async (_when, request) => {
    const body = await taken(request);
    expect(body).toBe(request.body);
    expect(request.bodyUsed).toBe(false);
  });

  it("is held up to 64 KiB", async () => {
    const body = await taken(post("x".repeat(MAX_HELD_BODY_BYTES)));
    expect((body as ArrayBuffer).byteLength).toBe(65_536);
  });
});

import { expect, it } from "vitest";
import { limitBody } from "../../src/serve/body-limit.ts";

function streamOf(...chunks: number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const bytes of chunks) controller.enqueue(new Uint8Array(bytes));
      controller.close();
    },
  });
}
const chunked = (...chunks: number[]) =>
  new Request("https://shop.test/", { method: "POST", body: streamOf(...chunks) });

it("passes on a body without a declared length up to the limit", async () => {
  const { body, isTooLarge } = limitBody(chunked(3, 4), 7);
  expect((await new Response(body).arrayBuffer()).byteLength).toBe(7);
  expect(isTooLarge()).toBe(false);
});

it("breaks off a body that turns out to be larger", async () => {
  const { body, isTooLarge } = limitBody(chunked(3, 4, 1), 7);
  await expect(new Response(body).arrayBuffer()).rejects.toThrow();
  expect(isTooLarge()).toBe(true);
});

it("leaves a request without a body without one", () => {
  expect(limitBody(new Request("https://shop.test/")).body).toBeNull();
});

/** @any-runtime */
/** @without-login */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { CutAnswer } from "../../support/node/client.ts";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { startSite } from "../../support/node/site.ts";

const origin = await startRawOrigin("a");
const site = await startSite([origin], {
  routes: [
    { path: "/any", pool: "shop", retryOn: ["reset", "non-idempotent"] },
    { path: "/*", pool: "shop" },
  ],
});
const client = site.client();
afterAll(async () => {
  await site.stop();
  await origin.stop();
});
beforeEach(async () => {
  origin.answers((_, socket) => socket.write(rawResponse("a")));
  await client.ask("/");
  origin.requests.length = 0;
});

/** The origin takes a whole request and closes without an answer, the given number of times. After that it answers. */
function closeUnanswered(times: number) {
  origin.answers(({ method }, socket) => {
    if (origin.requests.length <= times) socket.destroy();
    else socket.write(rawResponse(method === "HEAD" ? "" : "answered"));
  });
}

describe("a request that the origin takes and does not answer", () => {
  it.each(["GET", "HEAD", "OPTIONS", "DELETE"])(
    "is sent once more, to the same origin, if it is a %s",
    async (method) => {
      closeUnanswered(1);
      expect((await client.ask("/", { method })).status).toBe(200);
      expect(origin.requests.map((request) => request.method)).toEqual([method, method]);
    },
  );

  it.each(["POST", "PATCH"])("is never sent twice if it is a %s", async (method) => {
    closeUnanswered(1);
    expect((await client.ask("/", { method, body: "one order" })).status).toBe(502);
    expect(origin.requests.map(({ body }) => body)).toEqual(["one order"]);
  });

  it("is never sent twice, though it has no body that could be used up", async () => {
    closeUnanswered(1);
    const lines = ["POST / HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https"];
    expect(statusOf(await rawExchange(site.moor.port, lines))).toBe(502);
    expect(origin.requests).toHaveLength(1);
  });

  it("is sent once more with its whole body if it is a PUT", async () => {
    closeUnanswered(1);
    const body = "0123456789abcdef".repeat(4096);
    expect((await client.ask("/", { method: "PUT", body })).text).toBe("answered");
    expect(origin.requests.map((request) => request.body)).toEqual([body, body]);
  });

  it("is sent once more with its whole body if a POST carries Idempotency-Key", async () => {
    closeUnanswered(1);
    const headers = { "Idempotency-Key": '"8e03978e"' };
    expect((await client.ask("/", { method: "POST", headers, body: "one order" })).text).toBe("answered");
    expect(origin.requests.map(({ body }) => body)).toEqual(["one order", "one order"]);
  });

  it("is sent once more if its route says so for every method", async () => {
    closeUnanswered(1);
    expect((await client.ask("/any", { method: "POST", body: "a search" })).text).toBe("answered");
    expect(origin.requests.map(({ body }) => body)).toEqual(["a search", "a search"]);
  });

  it("is not sent again if its body is above the held 64 KiB", async () => {
    closeUnanswered(1);
    const body = "0123456789abcdef".repeat(4096);
    expect((await client.ask("/", { method: "PUT", body: `${body}+` })).status).toBe(502);
    expect(origin.requests).toHaveLength(1);
  });

  it("is lost after the second time", async () => {
    closeUnanswered(2);
    expect((await client.ask("/")).status).toBe(502);
    expect(origin.requests).toHaveLength(2);
  });
});

describe("a connection that the origin closes when it is used again", () => {
  const closeReused = () =>
    origin.answers(({ nth }, socket) => {
      if (nth > 1) socket.destroy();
      else socket.write(rawResponse("answered"));
    });

  it("costs no GET its answer", async () => {
    closeReused();
    for (let round = 0; round < 20; round++) expect((await client.ask("/")).text).toBe("answered");
    expect(origin.requests.some(({ nth }) => nth > 1)).toBe(true);
  });

  it("costs a POST its answer, for it may have been carried out", async () => {
    closeReused();
    expect((await client.ask("/", { method: "POST", body: "one order" })).status).toBe(502);
    expect(origin.requests).toHaveLength(1);
  });
});

describe("a response that breaks off", () => {
  it("within its headers is no response: a GET is sent once more", async () => {
    origin.answers((_, socket) => {
      if (origin.requests.length === 1) socket.end("HTTP/1.1 200 OK\r\nContent-Le");
      else socket.write(rawResponse("answered"));
    });
    expect((await client.ask("/")).text).toBe("answered");
  });

  it("within its body is broken off for the client, and nothing is sent again", async () => {
    origin.answers((_, socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun"));
    await expect(client.ask("/")).rejects.toThrow(CutAnswer);
    expect(origin.requests).toHaveLength(1);
  });
});

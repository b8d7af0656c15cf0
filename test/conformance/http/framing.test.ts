/** @without-login */
/** @any-runtime */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { rawExchange, statusOf } from "../../support/node/raw-exchange.ts";
import { rawResponse, startRawOrigin } from "../../support/node/raw-origin.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

/** How long the origin may take to answer requests for `/slow`. Headers that come at once meet it on a busy machine, too. */
const DEADLINE_MS = 1_500;
const [raw, node] = await Promise.all([startRawOrigin("raw"), startLocalOrigin("node")]);
const site = await startSite([], {
  pools: [raw, node].map((origin) => ({ id: origin.name, origins: [originConfig(origin)] })),
  routes: [
    { path: "/slow", pool: "raw", attemptDeadlineMs: DEADLINE_MS },
    { path: "/node", pool: "node" },
    { path: "/*", pool: "raw" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([raw.stop(), node.stop()]);
});
beforeEach(() => {
  raw.answers((_, socket) => socket.write(rawResponse("answered")));
  raw.requests.length = 0;
});

const OWN = ["Host: shop.test", "X-Forwarded-Proto: https"];
const send = (line = "GET / HTTP/1.1", ...headers: string[]) => rawExchange(site.moor.port, [line, ...OWN, ...headers]);
/** Has the origin answer with bytes, and close. */
const answer = (bytes: string) => raw.answers((_, socket) => socket.end(bytes, "latin1"));
const bodyOf = (response: string) => response.slice(response.indexOf("\r\n\r\n") + 4);
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

describe("a response of HTTP/1.0", () => {
  it.each([
    ["that ends with its connection", "HTTP/1.0 200 OK\r\n\r\nuntil the end"],
    ["that says its length", "HTTP/1.0 200 OK\r\nContent-Length: 13\r\n\r\nuntil the end"],
    ["as HTTP/1.1 may, without a length", "HTTP/1.1 200 OK\r\n\r\nuntil the end"],
  ])("%s is whole", async (_what, bytes) => {
    answer(bytes);
    const answered = await site.client().ask("/");
    expect(answered).toMatchObject({ status: 200, text: "until the end" });
  });

  it("is the response that a client of HTTP/1.0 gets, without chunks, whatever the origin speaks", async () => {
    answer(`${chunked}\r\n8\r\nanswered\r\n0\r\n\r\n`);
    const response = await send("GET / HTTP/1.0");
    expect(response).toMatch(/^HTTP\/1\.0 200 OK\r\n/);
    expect(response).not.toMatch(/chunked/i);
    expect(bodyOf(response)).toBe("answered");
  });

  it("of HTTP/0.9, without a head, is not a response (502)", async () => {
    answer("hello");
    expect(statusOf(await send())).toBe(502);
  });
});

describe("a response whose length is wrong", () => {
  it("ends at its Content-Length; bytes after it are not taken for another answer", async () => {
    raw.answers(({ nth }, socket) => {
      const hidden = rawResponse("another's");
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine${nth === 1 ? hidden : ""}`);
    });
    for (let round = 0; round < 3; round++) expect(bodyOf(await send())).toBe("mine");
  });

  it.each([
    ["ends within a chunk", `${chunked}\r\n8\r\nansw`, "4\r\nansw\r\n"],
    ["ends before its last chunk", `${chunked}\r\n8\r\nanswered\r\n`, "8\r\nanswered\r\n"],
    ["has a chunk of no size", `${chunked}\r\nzz\r\nanswered\r\n0\r\n\r\n`, ""],
  ])("that %s is broken off for the client, who sees that it is not whole", async (_how, bytes, got) => {
    answer(bytes);
    expect(bodyOf(await send())).toBe(got);
  });

  it("has the length of its chunks if it says both", async () => {
    answer(`${chunked}Content-Length: 3\r\n\r\n8\r\nanswered\r\n0\r\n\r\n`);
    expect(await site.client().ask("/")).toMatchObject({ text: "answered" });
  });

  it.each(["Content-Length: 8\r\nContent-Length: 3", "Content-Length: x", "Content-Length: -1"])(
    "cannot be read with %j: 502",
    async (lengths) => {
      answer(`HTTP/1.1 200 OK\r\n${lengths}\r\n\r\nanswered`);
      expect(statusOf(await send())).toBe(502);
    },
  );
});

it("a request ends at its Content-Length: bytes after it are the next request, and are refused if they are malformed", async () => {
  const socket = connect(site.moor.port, "127.0.0.1").setEncoding("latin1");
  let text = "";
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write(`${["POST / HTTP/1.1", ...OWN, "Content-Length: 2"].join("\r\n")}\r\n\r\nhi, and more than that`);
  await once(socket, "close");
  expect(raw.requests.map(({ body }) => body)).toEqual(["hi"]);
  expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*answeredHTTP\/1\.1 400 /);
});

describe("an origin that dribbles", () => {
  /** Sends text one byte after the other. Twenty bytes take twice the deadline. */
  const dribble = (text: string, before = "") =>
    raw.answers(async (_, socket) => {
      socket.write(before);
      for (const byte of text) {
        socket.write(byte);
        await pause(DEADLINE_MS / 10);
      }
    });

  it("its headers is late when the deadline is over, though each byte came soon (504)", async () => {
    dribble("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(statusOf(await send("GET /slow HTTP/1.1"))).toBe(504);
  });

  it("its body has all the time that its client has", async () => {
    dribble("answered, bit by bit", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    expect(bodyOf(await send("GET /slow HTTP/1.1"))).toBe("answered, bit by bit");
  });
});

describe("between client and origin the runtime keeps to itself", () => {
  it.each(["103 Early Hints", "102 Processing", "100 Continue"])(
    "everything before the response: %s",
    async (status) => {
      raw.answers((_, socket) =>
        socket.write(`HTTP/1.1 ${status}\r\nLink: </early.css>; rel=preload\r\n\r\n${rawResponse("answered")}`),
      );
      const response = await send();
      expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(response).not.toContain("early");
      expect(bodyOf(response)).toBe("answered");
    },
  );

  it("trailers of a response, though not its body", async () => {
    answer(`${chunked}Trailer: X-Sum\r\n\r\n8\r\nanswered\r\n0\r\nX-Sum: 1\r\n\r\n`);
    const response = await send();
    expect(response).not.toContain("X-Sum");
    expect(bodyOf(response)).toBe("8\r\nanswered\r\n0\r\n\r\n");
  });

  it("the waiting of Expect: 100-continue: it says 100 itself, and the origin gets the header with the body behind it", async () => {
    const told = Promise.withResolvers<IncomingMessage>();
    node.answers(async (request, response) => {
      told.resolve(request);
      let body = "";
      for await (const chunk of request) body += chunk;
      response.end(body);
    });
    const headers = {
      Host: "shop.test",
      "X-Forwarded-Proto": "https",
      Expect: "100-continue",
      "Content-Length": 100_000,
    };
    const outgoing = httpRequest({ host: "127.0.0.1", port: site.moor.port, path: "/node", method: "POST", headers });
    outgoing.flushHeaders();
    await once(outgoing, "continue");
    outgoing.end("x".repeat(100_000));
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response) text += chunk;
    expect(text).toHaveLength(100_000);
    expect((await told.promise).headers.expect).toBe("100-continue");
  });

  it("nothing of an Expect that the origin cannot meet: 417 is its answer", async () => {
    answer("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
    expect(statusOf(await send("POST / HTTP/1.1", "Expect: miracles", "Content-Length: 0"))).toBe(417);
    expect(raw.requests[0]?.head).toContain("Expect: miracles");
  });
});

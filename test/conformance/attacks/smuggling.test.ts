/** @without-login */
/** @any-runtime */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { rawBytes } from "../../support/node/raw-exchange.ts";
import { startSite, withoutEvents } from "../../support/node/site.ts";

const origin = await startLocalOrigin("a");
const site = await startSite([origin]);
afterAll(async () => {
  await site.stop();
  await origin.stop();
});

interface Arrived {
  /** Method, target and body. */
  readonly line: string;
  readonly headers: string[];
}
const arrived: Arrived[] = [];
origin.answers(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString("latin1");
  const headers = [...request.rawHeaders, ...request.rawTrailers];
  arrived.push({ line: [request.method, request.url, body].filter(Boolean).join(" "), headers });
  response.end("answered");
});
let stored: string[];
beforeEach(async () => {
  arrived.length = 0;
  stored = await site.moor.storedSessions();
});

const OWN = "Host: shop.test\r\nX-Forwarded-Proto: https\r\n";
/** The bytes that look like a request of their own to a server that reads lengths in another way. */
const HIDDEN = `GET /hidden HTTP/1.1\r\n${OWN}\r\n`;
const CHUNK_OF_HIDDEN = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`;
/** The next request of the connection. It is another client's request where a proxy in front shares connections. */
const NEXT = `GET /next HTTP/1.1\r\n${OWN}Connection: close\r\n\r\n`;

/** Sends one request, and the next behind it; returns the statuses that come back. */
async function send(headers: readonly string[], body = "", start = "POST /first HTTP/1.1"): Promise<number[]> {
  const head = [start, `${OWN}${headers.join("\r\n")}`].join("\r\n");
  const answer = await rawBytes(site.moor.port, `${head}\r\n\r\n${body}${NEXT}`);
  return Array.from(answer.matchAll(/HTTP\/1\.1 (\d{3})/g), ([, status]) => Number(status));
}
const lines = () => arrived.map(({ line }) => line);
const CHUNKED = "Transfer-Encoding: chunked";

it("the harness sees each request that arrives: two requests of one connection are two", async () => {
  expect(await send(["Content-Length: 3"], "abc")).toEqual([200, 200]);
  expect(lines()).toEqual(["POST /first abc", "GET /next"]);
});

describe("a request whose length can be read in two ways is refused by the runtime: neither it nor the bytes after it arrive", () => {
  it.each<[string, string[], string]>([
    ["two Content-Lengths", ["Content-Length: 0", `Content-Length: ${HIDDEN.length}`], HIDDEN],
    ["a list of Content-Lengths", ["Content-Length: 3, 3"], "abc"],
    ["a Content-Length with a sign", ["Content-Length: +3"], "abc"],
    ["a hexadecimal Content-Length", ["Content-Length: 0x3"], "abc"],
    ["a negative Content-Length", ["Content-Length: -3"], "abc"],
    ["an empty Content-Length", ["Content-Length: "], HIDDEN],
    ["a Content-Length above 64 bits", ["Content-Length: 18446744073709551619"], "abc"],
    ["a space before the colon of Content-Length", ["Content-Length : 3"], "abc"],
    ["a space before the colon of Transfer-Encoding", ["Transfer-Encoding : chunked"], CHUNK_OF_HIDDEN],
    ["another coding", ["Transfer-Encoding: xchunked"], CHUNK_OF_HIDDEN],
    ["another coding behind chunked", ["Transfer-Encoding: chunked, identity"], CHUNK_OF_HIDDEN],
    ["two Transfer-Encodings that differ", [CHUNKED, "Transfer-Encoding: identity"], CHUNK_OF_HIDDEN],
    ["a quoted coding", ['Transfer-Encoding: "chunked"'], CHUNK_OF_HIDDEN],
    ["a vertical tab before the coding", ["Transfer-Encoding: \x0bchunked"], CHUNK_OF_HIDDEN],
    ["a folded line (obs-fold)", ["X-A: b\r\n Transfer-Encoding: chunked", "Content-Length: 3"], "abc"],
    ["a folded Transfer-Encoding", ["Transfer-Encoding:\r\n chunked"], CHUNK_OF_HIDDEN],
    ["a bare CR in a value", [`X-A: b\r${CHUNKED}`, "Content-Length: 3"], "abc"],
    ["a CR before the end of a line", ["X-A: b\r", "Content-Length: 3"], "abc"],
    ["a NUL in a value", ["X-A: b\0c", "Content-Length: 3"], "abc"],
  ])("%s", async (_shape, headers, body) => {
    expect(await send(headers, body)).toEqual([400]);
    expect(lines()).toEqual([]);
  });

  it.each(["GET /first", "GET /first HTTP/1.1 x HTTP/1.1", "GET /fi\trst HTTP/1.1"])(
    "a first line of %j",
    async (start) => {
      expect(await send([], "", start)).toEqual([400]);
      expect(lines()).toEqual([]);
    },
  );
});

describe("Transfer-Encoding beats Content-Length (RFC 9112 section 6.3): one length arrives, and the connection ends after it", () => {
  it.each<[string, string, string, string]>([
    ["a Content-Length that is shorter", "Content-Length: 4", CHUNK_OF_HIDDEN, `POST /first ${HIDDEN}`],
    ["a Content-Length of 0", "Content-Length: 0", CHUNK_OF_HIDDEN, `POST /first ${HIDDEN}`],
    ["one that covers another request", `Content-Length: ${5 + HIDDEN.length}`, `0\r\n\r\n${HIDDEN}`, "POST /first"],
  ])("with %s", async (_shape, length, body, expected) => {
    for (const headers of [
      [length, CHUNKED],
      [CHUNKED, length],
    ]) {
      arrived.length = 0;
      expect(await send(headers, body)).toEqual([200]);
      expect(lines()).toEqual([expected]);
      expect(arrived[0]?.headers.join(": ").toLowerCase()).not.toContain("content-length");
    }
  });
});

describe("chunks", () => {
  it.each<[string, string]>([
    ["in odd case", "tRaNsFeR-eNcOdInG: cHuNkEd"],
    ["behind a tab", "Transfer-Encoding:\tchunked"],
    ["said twice", `${CHUNKED}\r\n${CHUNKED}`],
    ["behind another coding", "Transfer-Encoding: identity, chunked"],
    ["that Connection strikes out", `Connection: Transfer-Encoding\r\n${CHUNKED}`],
  ])("%s are read as such, and what looks like a request in one is a body", async (_shape, header) => {
    expect(await send([header], CHUNK_OF_HIDDEN)).toEqual([200, 200]);
    expect(lines()).toEqual([`POST /first ${HIDDEN}`, "GET /next"]);
  });

  it.each<[string, string]>([
    ["with an extension", "3;a=b\r\nabc\r\n0\r\n\r\n"],
    ["with a quoted extension", '3;a="\\""\r\nabc\r\n0\r\n\r\n'],
    ["with a space behind the size", "3 \r\nabc\r\n0\r\n\r\n"],
  ])("%s arrive without it", async (_shape, body) => {
    expect(await send([CHUNKED], body)).toEqual([200, 200]);
    expect(lines()).toEqual(["POST /first abc", "GET /next"]);
  });

  it("have trailers that stop at Moor, whatever they say", async () => {
    const body = "3\r\nabc\r\n0\r\nMoor-Session: forged\r\nX-Forwarded-For: forged\r\n\r\n";
    expect(await send([CHUNKED, "Trailer: Moor-Session"], body)).toEqual([200, 200]);
    expect(lines()).toEqual(["POST /first abc", "GET /next"]);
    expect(arrived.flatMap(({ headers }) => headers).join("\n")).not.toMatch(/forged|Trailer/i);
  });

  it.each<[string, string]>([
    ["with a line feed in an extension", "3;a\nabc\r\n0\r\n\r\n"],
    ["with a line feed that hides a size", `2;\nxx\r\n${CHUNK_OF_HIDDEN}`],
    ["with line feeds alone", "3\nabc\n0\n\n"],
    ["with an extension without end", `3;${"a".repeat(20_000)}\r\nabc\r\n0\r\n\r\n`],
    ["with a size in C's writing", "0x3\r\nabc\r\n0\r\n\r\n"],
    ["with a sign", "+3\r\nabc\r\n0\r\n\r\n"],
    ["with a size below zero", "-3\r\nabc\r\n0\r\n\r\n"],
    ["with a size above 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n"],
    ["without a size", "\r\nabc\r\n0\r\n\r\n"],
    ["that are longer than they say", "3\r\nabcXX0\r\n\r\n"],
  ])("%s never become a request: it fails, and its connection ends", async (_shape, body) => {
    expect(await send([CHUNKED], body)).toEqual([502]);
    expect(lines()).toEqual([]);
  });
});

describe("a header of another name", () => {
  it.each(["Transfer_Encoding: chunked", "Transfer.Encoding: chunked", "Content_Length: 0", "Content.Length: 999"])(
    "%s has no meaning, and stops at Moor: a server behind could read it otherwise",
    async (header) => {
      expect(await send([header, "Content-Length: 3"], "abc")).toEqual([200, 200]);
      expect(lines()).toEqual(["POST /first abc", "GET /next"]);
      expect(arrived[0]?.headers).not.toContain(header.split(":")[0]);
    },
  );

  it("begins after a line feed alone: it counts as a header, as RFC 9112 section 2.2 allows, and is judged as such", async () => {
    expect(await send(["X-A: b\nMoor-Session: forged", "Content-Length: 3"], "abc")).toEqual([200, 200]);
    expect(arrived[0]?.headers.join("\n")).not.toContain("forged");
    arrived.length = 0;
    expect(await send([`X-A: b\n${CHUNKED}`, "Content-Length: 3"], "abc")).toEqual([502]);
    expect(lines()).toEqual([]);
  });
});

describe("an upgrade", () => {
  const H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"];

  it("to h2c stops at Moor: the origin answers as ever, and no tunnel opens", async () => {
    expect(await send(H2C, "", "GET /first HTTP/1.1")).toEqual([200, 200]);
    expect(lines()).toEqual(["GET /first", "GET /next"]);
    expect(arrived[0]?.headers.join("\n")).not.toMatch(/upgrade|h2c|http2-settings/i);
  });

  it("that speaks HTTP/2 at once ends the connection", async () => {
    expect(await send([...H2C, "Content-Length: 0"], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")).toEqual([200]);
    expect(lines()).toEqual(["POST /first"]);
  });
});

describe("a GET or HEAD with a body", () => {
  it.each<[string, string[], string]>([
    ["of a declared length", [`Content-Length: ${HIDDEN.length}`], HIDDEN],
    ["in chunks", [CHUNKED], CHUNK_OF_HIDDEN],
  ])("%s is refused before a store or an origin is asked", async (_shape, headers, body) => {
    for (const method of ["GET", "HEAD"]) {
      expect(await send(headers, body, `${method} /first HTTP/1.1`)).toEqual([400, 200]);
    }
    expect(lines()).toEqual(["GET /next", "GET /next"]);
  });

  it("of no length is a request without a body", async () => {
    expect(await send(["Content-Length: 0"], "", "GET /first HTTP/1.1")).toEqual([200, 200]);
    expect(lines()).toEqual(["GET /first", "GET /next"]);
  });
});

it("a client that breaks off within its body is told so, and it is no fault of the origin's", async () => {
  const from = site.moor.logged.length;
  const head = `PUT /first HTTP/1.1\r\n${OWN}Content-Length: 300\r\n\r\n`;
  expect(await rawBytes(site.moor.port, `${head}abc`)).toMatch(/^HTTP\/1\.1 400 /);
  const refused = expect.objectContaining({ event: "request_refused", reason: "incomplete body" });
  const logged = () => site.moor.logged.slice(from).map((line): unknown => JSON.parse(line));
  await expect.poll(logged).toContainEqual(refused);
  expect(lines()).toEqual([]);
});

it("none of these requests costs a store operation; chunks that break off are logged, and so are GETs with a body", async () => {
  expect(await site.moor.storedSessions()).toEqual(stored);
  expect(stored).toEqual([]);
  const told = withoutEvents(site.moor.logged).map((line) => (JSON.parse(line) as { event: string }).event);
  expect(new Set(told)).toEqual(new Set(["origin_failed", "request_refused"]));
});

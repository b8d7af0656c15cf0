/** @needs nginx tomcat10-common */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { setTimeout as pause, setImmediate } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Application, startTomcat } from "../../support/node/applications.ts";
import { type LocalOrigin, startLocalOrigin } from "../../support/node/local-origin.ts";
import { startNginx } from "../../support/node/nginx.ts";
import { freePort } from "../../support/node/ports.ts";
import { rawBytes, statusOf } from "../../support/node/raw-exchange.ts";
import { originConfig, startSite } from "../../support/node/site.ts";

const MIB = 1024 * 1024;
/** How long an origin may take to answer requests for `/slow`. It meets that on a busy machine, too. */
const DEADLINE_MS = 1_500;

const nginxPort = await freePort();
const [one, two, nginx, tomcat] = await Promise.all([
  startLocalOrigin("one"),
  startLocalOrigin("two"),
  startNginx(`server { listen 127.0.0.1:${nginxPort}; client_max_body_size 1m; }`, nginxPort),
  startTomcat("tomcat"),
]);
const pair = [one, two];
const site = await startSite([], {
  pools: [
    { id: "node", origins: pair.map(originConfig) },
    { id: "nginx", origins: [originConfig({ name: "nginx", url: `http://127.0.0.1:${nginxPort}` })] },
    { id: "tomcat", origins: [originConfig(tomcat as Application)] },
  ],
  routes: [
    { path: "/slow", pool: "node", attemptDeadlineMs: DEADLINE_MS },
    { path: "/nginx", pool: "nginx" },
    { path: "/", host: "tomcat.test", pool: "tomcat" },
    { path: "/*", pool: "node" },
  ],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([...pair, nginx, tomcat].map((server) => server.stop()));
});

/** The way in which both origins answer. */
function answer(by: Parameters<LocalOrigin["answers"]>[0]) {
  for (const origin of pair) origin.answers(by);
}
/** Reads a body, and answers with its length. */
const measure = async (request: IncomingMessage, response: Parameters<Parameters<LocalOrigin["answers"]>[0]>[1]) => {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await once(request, "end");
  response.end(String(bytes));
};
beforeEach(() => answer(measure));

function upload(headers: RequestOptions["headers"] = {}, path = "/") {
  const sent = { Host: "shop.test", "X-Forwarded-Proto": "https", ...headers };
  const outgoing = httpRequest({ host: "127.0.0.1", port: site.moor.port, path, method: "POST", headers: sent });
  // A server that answers before it has read the whole body may close.
  outgoing.on("error", () => {});
  return outgoing;
}
async function answerTo(outgoing: ReturnType<typeof upload>) {
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, text };
}

it("an upload of 1 GiB passes, and the runtime never holds more than a small part of it", async () => {
  const bytes = 1024 * MIB;
  const before = await site.moor.mostResidentBytes();
  const outgoing = upload({ "Content-Length": bytes });
  const answered = answerTo(outgoing);
  const chunk = Buffer.alloc(4 * MIB, "x");
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (outgoing.write(chunk)) await setImmediate();
    else await once(outgoing, "drain");
  }
  outgoing.end();
  expect(await answered).toEqual({ status: 200, text: String(bytes) });
  expect((await site.moor.mostResidentBytes()) - before).toBeLessThan(bytes / 8);
});

describe("a client that is slow to send", () => {
  it.each([
    ["a little, which is held until it is whole", { "Content-Length": 12 }],
    ["what has no length, which streams", {}],
    ["a lot, which streams", { "Content-Length": 200_012 }],
  ])("%s has more time than an origin has to answer", async (_what, headers) => {
    const lengths = headers as Record<string, number>;
    const outgoing = upload(headers, "/slow");
    const answered = answerTo(outgoing);
    for (let part = 0; part < 4; part++) {
      outgoing.write("abc");
      await pause(DEADLINE_MS / 3);
    }
    const rest = Math.max((lengths["Content-Length"] ?? 0) - 12, 0);
    outgoing.end("x".repeat(rest));
    expect(await answered).toEqual({ status: 200, text: String(12 + rest) });
  });

  it("makes no origin look late: the client's session stays where it was", async () => {
    const client = site.client();
    for (const origin of pair) {
      origin.answers((request, response) => void request.resume().on("end", () => response.end(origin.name)));
    }
    await client.ask("/");
    const home = (await client.ask("/")).text;
    const cookie = `__Host-moor=${client.token}`;
    for (let round = 0; round < 3; round++) {
      const outgoing = upload({ Cookie: cookie }, "/slow");
      const answered = answerTo(outgoing);
      outgoing.write("abc");
      await pause(DEADLINE_MS * 1.2);
      outgoing.end();
      expect((await answered).text).toBe(home);
    }
    expect((await client.ask("/")).text).toBe(home);
  });
});

describe("a client that breaks off within a body", () => {
  it.each([
    ["a malformed chunk", "Transfer-Encoding: chunked", "3\r\nabc\r\nzz\r\n"],
    ["chunks without an end", "Transfer-Encoding: chunked", "3\r\nabc\r\n"],
    ["less than a length that is held", "Content-Length: 10", "abc"],
    ["less than a length that streams", "Content-Length: 200000", "abc"],
  ])("by %s makes no origin look down, and no part of it look whole", async (_how, header, body) => {
    let whole = 0;
    const count = (request: IncomingMessage) => request.on("end", () => whole++).resume();
    for (const origin of pair) {
      origin.answers((request, response) => {
        if (request.method === "POST") count(request);
        else response.end(origin.name);
      });
    }
    const client = site.client();
    await client.ask("/");
    const home = (await client.ask("/")).text;
    const cookie = `Cookie: __Host-moor=${client.token}`;
    const head = ["POST / HTTP/1.1", "Host: shop.test", "X-Forwarded-Proto: https", cookie, header].join("\r\n");
    for (let round = 0; round < 3; round++) {
      expect([400, 502]).toContain(statusOf(await rawBytes(site.moor.port, `${head}\r\n\r\n${body}`)));
    }
    expect((await client.ask("/")).text).toBe(home);
    expect(whole).toBe(0);
  });
});

describe("an answer that comes before the body has been read", () => {
  /** Sends 8 MiB bit by bit, except for the last part, and watches for the answer (RFC 9112 section 9.5). */
  async function send(headers: RequestOptions["headers"], path = "/") {
    const outgoing = upload({ "Content-Length": 8 * MIB, ...headers }, path);
    let isAnswered = false;
    const answered = answerTo(outgoing)
      .catch((cause: Error) => ({ status: "broken off", text: cause.message }))
      .finally(() => {
        isAnswered = true;
      });
    const part = Buffer.alloc(16 * 1024);
    for (let sent = part.length; sent < 8 * MIB && !isAnswered; sent += part.length) {
      outgoing.write(part);
      await pause(5);
    }
    const answer = await answered;
    outgoing.destroy();
    return answer;
  }

  it("by nginx, which takes no body of this size (413), reaches the client", async () => {
    const { status, text } = await send({}, "/nginx");
    expect(status).toBe(413);
    expect(text).toContain("nginx");
  });

  it("by Tomcat, whose application reads no part of the body, reaches the client", async () => {
    const { status, text } = await send({ Host: "tomcat.test" });
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ server: "tomcat" });
  });

  it("by a server that keeps its connection and reads no more reaches the client", async () => {
    answer((_, response) => void response.end("enough"));
    expect(await send({})).toEqual({ status: 200, text: "enough" });
  });

  it("by a server that closes at once may be lost, as RFC 9112 section 9.6 warns; but no origin looks down", async () => {
    for (const origin of pair) {
      origin.answers((request, response) => {
        if (request.method === "GET") return void response.end(origin.name);
        response.writeHead(413, { Connection: "close" }).end("too large for me");
        response.on("finish", () => request.socket.destroySoon());
      });
    }
    const client = site.client();
    await client.ask("/");
    const home = (await client.ask("/")).text;
    for (let round = 0; round < 3; round++) {
      const { status } = await send({ Cookie: `__Host-moor=${client.token}` });
      expect([413, 502, "broken off"]).toContain(status);
    }
    expect((await client.ask("/")).text).toBe(home);
  });
});

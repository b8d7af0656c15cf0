/** @without-login */
/** @any-runtime */
import { afterAll, describe, expect, it } from "vitest";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { rawBytes, statusOf } from "../../support/node/raw-exchange.ts";
import { startSite } from "../../support/node/site.ts";

const METHODS = ["POST", "PUT", "PATCH", "DELETE", "PURGE"];
const arrived: string[] = [];
const [reads, writes] = await Promise.all(["reads", "writes"].map(startRecording));
const site = await startSite([], {
  pools: [pool("reads", reads!.url), pool("writes", writes!.url)],
  routes: [
    { path: "/*", methods: METHODS, pool: "writes" },
    { path: "/*", pool: "reads" },
  ],
  ignore: [{ methods: ["OPTIONS"] }],
});
afterAll(async () => {
  await site.stop();
  await Promise.all([reads!.stop(), writes!.stop()]);
});

function pool(id: string, url: string) {
  return { id, origins: [{ id: "a", url }] };
}

/** An origin that writes down the requests that it gets. */
async function startRecording(name: string) {
  const origin = await startLocalOrigin(name);
  origin.answers(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    arrived.push(`${name}: ${request.method} ${body} ${request.headers.upgrade ?? "-"}`);
    response.end("ok");
  });
  return origin;
}

const ASKING = [
  ["Connection: Upgrade", "Upgrade: websocket"],
  ["Upgrade: websocket"],
  ["Connection: keep-alive", "Upgrade: websocket"],
];

function send(method: string, asking: readonly string[], body = ""): Promise<string> {
  const length = body === "" ? [] : [`Content-Length: ${body.length}`];
  const head = [`${method} /pay HTTP/1.1`, "Host: shop.test", "X-Forwarded-Proto: https", ...asking, ...length];
  return rawBytes(site.moor.port, [...head, "", body].join("\r\n"));
}

describe("a request that asks for a WebSocket", () => {
  it.each(METHODS)("by %s reaches the origin of its route, with its method and its body", async (method) => {
    for (const asking of ASKING) {
      arrived.length = 0;
      expect(statusOf(await send(method, asking, "a=1")), asking.join()).toBe(200);
      expect(arrived).toEqual([`writes: ${method} a=1 -`]);
    }
  });

  it.each(["HEAD", "OPTIONS"])("by %s is sent as that", async (method) => {
    for (const asking of ASKING) {
      arrived.length = 0;
      await send(method, asking);
      expect(arrived).toEqual([`reads: ${method}  -`]);
    }
  });

  it("by GET, but without Connection: upgrade, is a GET like any other", async () => {
    arrived.length = 0;
    await send("GET", ["Upgrade: websocket"]);
    expect(arrived).toEqual(["reads: GET  -"]);
  });
});

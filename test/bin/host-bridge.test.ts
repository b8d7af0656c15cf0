import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { createHostBridges } from "../../bin/host-bridge.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { startLocalOrigin } from "../support/node/local-origin.ts";
import { rawExchange, statusOf } from "../support/node/raw-exchange.ts";
import { startWebSocketOrigin } from "../support/node/web-socket-origin.ts";
import { readyUrl } from "./moor-dev.ts";
import { createProject } from "./project.ts";

const [origin, sockets] = await Promise.all([startLocalOrigin("a"), startWebSocketOrigin("b")]);
/** Takes connections, and closes each with its first bytes. */
const closing: Server = createServer((socket) => socket.once("data", () => socket.destroy())).listen(0, "127.0.0.1");
await once(closing, "listening");
const closingUrl = `http://127.0.0.1:${(closing.address() as { port: number }).port}`;
const bridges = createHostBridges();
const config: MoorConfig = {
  pools: [
    {
      id: "bridged",
      host: "client",
      zone: "localhost",
      origins: [`${origin.url}/app`, sockets.url, closingUrl].map(named),
    },
    { id: "direct", origins: [named(origin.url)] },
  ],
};
const before = await bridges.before(config);
afterAll(async () => {
  await Promise.all([bridges.stop(), origin.stop(), sockets.stop()]);
  closing.close();
});

function named(url: string) {
  return { id: url.replace(/\W+/g, "-"), url };
}

const [bridged, direct] = before.pools;
const [app = "", socketUrl = "", lost = ""] = bridged?.origins.map(({ url }) => url) ?? [];
const portOf = (url: string) => Number(new URL(url).port);

describe("a bridge that sets Host", () => {
  it("stands before the origins of pools with the client's Host, and before no others", () => {
    expect(bridged).toMatchObject({ id: "bridged", host: "origin" });
    expect(new URL(app).pathname).toBe("/app");
    expect(app).not.toContain(origin.url);
    expect(direct).toEqual({ id: "direct", origins: [named(origin.url)] });
  });

  it("stays where it is when the configuration is read again", async () => {
    expect(await bridges.before(structuredClone(config))).toEqual(before);
  });

  it("passes requests and responses on as they are, with the Host that the browser asked for", async () => {
    origin.answers(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      response.writeHead(201, "Made", ["X-A", "1", "X-A", "2", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]);
      response.end(
        JSON.stringify([request.method, request.url, request.headers.host, request.rawHeaders.includes("X-Odd"), body]),
      );
    });
    const lines = ["PUT /app/x?y=1 HTTP/1.1", "Host: 127.0.0.1:1", "X-Forwarded-Host: shop.localhost:8788", "X-Odd: 1"];
    const answer = await rawExchange(portOf(app), [...lines, "Content-Length: 0"]);
    expect(answer).toContain("HTTP/1.1 201 Made");
    expect(answer).toMatch(/X-A: 1\r\nX-A: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2/);
    expect(answer).toContain('["PUT","/app/x?y=1","shop.localhost:8788",true,""]');
  });

  it("has a check without that host see the origin's own", async () => {
    origin.answers((request, response) => response.end(request.headers.host));
    const answer = await rawExchange(portOf(app), ["HEAD / HTTP/1.1", "Host: 127.0.0.1:1"]);
    expect(statusOf(answer)).toBe(200);
    expect(await (await fetch(app)).text()).toBe(new URL(origin.url).host);
  });

  it("loses a request that the origin loses", async () => {
    await expect(fetch(lost)).rejects.toThrow("fetch failed");
  });

  it("passes WebSockets on, and the refusal of one", async () => {
    const socket = new WebSocket(socketUrl, ["chat"], { headers: { "X-Forwarded-Host": "shop.localhost:8788" } });
    const asked = new Promise<string | undefined>((resolve) => {
      sockets.meets(({ socket, request }) => {
        socket.on("message", (data) => socket.send(data));
        resolve(request.headers.host);
      });
    });
    await once(socket, "open");
    expect([await asked, socket.protocol]).toEqual(["shop.localhost:8788", "chat"]);
    socket.send("hello");
    expect(String((await once(socket, "message"))[0])).toBe("hello");
    socket.close();
    const [fault] = await once(new WebSocket(`${socketUrl}refused`), "error");
    expect(String(fault)).toContain("401");
  });

  it("leaves the origin when its client does", async () => {
    const left = new Promise<void>((resolve) => {
      origin.answers((_, response) => {
        response.on("close", resolve);
        response.write("first");
      });
    });
    const socket = connect(portOf(app), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(socket, "data");
    socket.destroy();
    await left;
  });
});

describe("moor dev", () => {
  it('shows an origin the Host of the browser with host: "client"', async () => {
    origin.answers((request, response) => response.end(request.headers.host));
    const project = await createProject();
    const pool = {
      id: "shop",
      host: "client",
      zone: "localhost",
      origins: [{ id: "a", url: origin.url.replace("127.0.0.1", "localhost") }],
    };
    const config = { pools: [pool], routes: [{ host: "localhost", path: "/*", pool: "shop" }] };
    await project.write("moor.config.ts", `export default ${JSON.stringify(config)};`);
    const url = await readyUrl(project.start(["dev", "--port", "0"]));
    expect(await (await fetch(url)).text()).toBe(new URL(url).host);
  });
});

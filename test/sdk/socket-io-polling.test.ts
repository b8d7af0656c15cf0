/** @needs chromium openssl */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pathOf } from "../support/node/packages.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { describeWithTestPackages, requireTestPackage, TEST_MODULES } from "../support/node/test-packages.ts";
import { AT_EDGE, startTlsEdge, type TlsEdge } from "../support/node/tls-edge.ts";

/** The part of a socket of socket.io-client that the tests use. */
interface Socket {
  once(event: string, heard: (...args: unknown[]) => void): void;
  emitWithAck(event: string): Promise<unknown>;
  disconnect(): void;
}

const CLIENTS = 6;
const WORDS = 5;
const HOST = { Host: "api.shop.test", "X-Forwarded-Proto": "https" };

/** A Socket.IO server that tells its name, by polling alone, to pages of any host. */
async function startChat(name: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const server: Server = createServer((_, response) => response.end(name)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { Server: SocketServer } = requireTestPackage("socket.io");
  const io = new SocketServer(server, { transports: ["polling"], cors: { origin: true, credentials: true } });
  io.on("connection", (socket: { on: (event: string, heard: (done: (name: string) => void) => void) => void }) => {
    socket.on("who", (done) => done(name));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => io.close() };
}

describeWithTestPackages(() =>
  describe("Socket.IO by polling, from clients that have opened no page of the site", () => {
    let chats: Awaited<ReturnType<typeof startChat>>[];
    let site: Site;
    let edge: TlsEdge;
    let browser: Browser;

    beforeAll(async () => {
      chats = await Promise.all(["a", "b"].map(startChat));
      const origins = chats.map(({ url }, index) => ({ id: `chat-${index}`, url }));
      site = await startSite([], {
        pools: [{ id: "chat", origins }],
        carriers: [{ type: "cookie" }, { type: "header" }],
      });
      const script = await readFile(join(TEST_MODULES, "socket.io", "client-dist", "socket.io.min.js"));
      edge = await startTlsEdge(site.moor.port, ({ headers, url }, response) => {
        if (headers.host?.startsWith("api.")) return false;
        if (url === "/socket.io.js") response.setHeader("Content-Type", "text/javascript").end(script);
        else
          response.setHeader("Content-Type", "text/html").end('<!doctype html><script src="/socket.io.js"></script>');
        return true;
      });
      browser = await chromium.launch({ executablePath: pathOf("chromium") ?? "chromium", args: [...AT_EDGE.args] });
    });
    afterAll(async () => {
      await browser?.close();
      await Promise.all([site?.stop(), edge?.stop(), ...(chats ?? []).map((chat) => chat.stop())]);
    });

    it("keeps a page of a sibling host on one server", async () => {
      for (let count = 0; count < CLIENTS; count++) {
        const page = await (await browser.newContext(AT_EDGE.context)).newPage();
        page.setDefaultTimeout(60_000);
        await page.goto(`https://www.shop.test:${edge.port}/`);
        const told = await page.evaluate(`new Promise((resolve, reject) => {
          const socket = io("https://api.shop.test:${edge.port}", { transports: ["polling"], withCredentials: true, reconnection: false });
          socket.once("connect_error", reject);
          socket.once("disconnect", reject);
          socket.once("connect", async () => {
            const told = [];
            for (let count = 0; count < ${WORDS}; count++) told.push(await socket.emitWithAck("who"));
            resolve(told);
          });
        })`);
        expect(new Set(told as string[]).size).toBe(1);
        expect((await page.context().cookies()).map(({ name }) => name)).toEqual(["__Host-moor-new"]);
        await page.context().close();
      }
    });

    /** A program's words with its server. */
    async function talk(options: object): Promise<unknown[]> {
      const { io } = requireTestPackage("socket.io-client");
      const always = { transports: ["polling"], forceNew: true, reconnection: false };
      const socket: Socket = io(`http://127.0.0.1:${site.moor.port}`, { ...always, ...options });
      onTestFinished(() => socket.disconnect());
      await new Promise<void>((resolve, reject) => {
        socket.once("connect", () => resolve());
        for (const event of ["connect_error", "disconnect"]) socket.once(event, reject);
      });
      const told: unknown[] = [];
      for (let count = 0; count < WORDS; count++) told.push(await socket.emitWithAck("who"));
      return told;
    }

    it("keeps a program without cookies on one server, by a token in a header", async () => {
      for (let count = 0; count < CLIENTS; count++) {
        const asked = await site.client().send("/", { headers: { Authorization: "Bearer new" } });
        const extraHeaders = { ...HOST, Authorization: `Bearer ${asked.headers["moor-token"]}` };
        expect(new Set(await talk({ extraHeaders })).size).toBe(1);
      }
    });

    it("keeps a program on one server that keeps cookies", async () => {
      for (let count = 0; count < CLIENTS; count++) {
        expect(new Set(await talk({ extraHeaders: HOST, withCredentials: true })).size).toBe(1);
      }
    });

    it("does not hold for a program that keeps neither: its polls meet both servers", async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => talk({ extraHeaders: HOST })));
      expect(outcomes.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
    });
  }),
);

import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { buildPackage } from "../support/node/built-package.ts";
import type { Client } from "../support/node/client.ts";
import { freePort } from "../support/node/ports.ts";
import { type Site, startSite } from "../support/node/site.ts";
import { describeWithTestPackages, requireTestPackage, TEST_MODULES } from "../support/node/test-packages.ts";
import { TEST_ISSUER } from "../support/node/workerd.ts";
import { type Server, startServer } from "./conformance/drop-in.ts";

type Name = "a" | "b";

/** The part of a socket of socket.io-client that the tests use. */
interface Socket {
  once(event: string, heard: (...args: unknown[]) => void): void;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
  disconnect(): void;
}

const HOST = { Host: "shop.test", "X-Forwarded-Proto": "https" };

describeWithTestPackages(() =>
  describe("Socket.IO with moor/express, behind Moor", () => {
    const servers = new Map<string, Server>();
    let folder: string;
    let site: Site;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "moor-socket-io-"));
      await buildPackage(join(folder, "node_modules"), "express");
      await symlink(join(TEST_MODULES, "socket.io"), join(folder, "node_modules", "socket.io"));
      await cp("sdk/node/socket-io", folder, { recursive: true });
      const ports = { a: await freePort(), b: await freePort() };
      const origins = Object.entries(ports).map(([id, port]) => ({ id, url: `http://127.0.0.1:${port}` }));
      site = await startSite([], { pools: [{ id: "app", origins, outlierDetection: { baseEjectionSeconds: 1 } }] });
      const url = `http://127.0.0.1:${site.moor.port}`;
      const settings = { MOOR_ISSUER: TEST_ISSUER, MOOR_AUDIENCE: "app", MOOR_URL: url };
      const command = () => ({ argv: [process.execPath, join(folder, "server.cjs")] });
      for (const [name, port] of Object.entries(ports)) {
        servers.set(name, await startServer({ name: "Socket.IO", command }, folder, settings, { name, port }));
      }
    }, 240_000);
    afterAll(async () => {
      await Promise.all([...servers.values()].map((server) => server.kill()));
      await site?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const read = async (visitor: Client) => JSON.parse((await visitor.ask("/read")).text);

    async function loggedIn(user: string): Promise<Client> {
      const visitor = site.client();
      await visitor.ask("/");
      expect((await visitor.ask(`/login?user=${user}`, { method: "POST" })).status).toBe(200);
      return visitor;
    }

    /** A socket of a visitor, and the words by which its server has welcomed them. */
    async function connect(visitor: Client, transports: readonly string[]) {
      const { io } = requireTestPackage("socket.io-client");
      const Cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const extraHeaders = { ...HOST, Cookie };
      const socket: Socket = io(`http://127.0.0.1:${site.moor.port}`, { transports, extraHeaders, forceNew: true });
      onTestFinished(() => socket.disconnect());
      return { socket, welcomed: await welcomeOf(socket) };
    }

    const welcomeOf = (socket: Socket) =>
      new Promise<{ user: string; server: Name }>((resolve) =>
        socket.once("welcome", (words) => resolve(words as never)),
      );

    it.each([[["websocket"]], [["polling"]], [["polling", "websocket"]]])(
      "knows and changes the session by %s",
      async (transports) => {
        const visitor = await loggedIn("alice");
        const { socket, welcomed } = await connect(visitor, transports);
        expect(welcomed.user).toBe("alice");
        expect(await socket.emitWithAck("say", "hello")).toEqual({ said: ["hello"] });
        expect(await socket.emitWithAck("say", "again")).toEqual({ said: ["hello", "again"] });
        expect(await read(visitor)).toMatchObject({ user: "alice", said: ["hello", "again"] });
      },
    );

    it("connects again to the other server when its server is killed, with the session", async () => {
      const visitor = await loggedIn("bob");
      const { socket, welcomed } = await connect(visitor, ["websocket"]);
      await socket.emitWithAck("say", "before");
      const again = welcomeOf(socket);
      await servers.get(welcomed.server)?.kill();
      expect(await again).toEqual({ user: "bob", server: welcomed.server === "a" ? "b" : "a" });
      expect(await socket.emitWithAck("say", "after")).toEqual({ said: ["before", "after"] });
    });
  }),
);

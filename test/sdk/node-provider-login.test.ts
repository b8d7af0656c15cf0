import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { session as expressSession } from "../../src/sdk/express/index.ts";
import { startTestMoor, type TestMoor } from "../../src/sdk/express/testing.ts";
import { session as fastifySession } from "../../src/sdk/fastify/index.ts";
import { session as koaSession } from "../../src/sdk/koa/index.ts";
import type { LoginView } from "../../src/sdk/origin/login-view.ts";
import { describeWithTestPackages, requireTestPackage } from "../support/node/test-packages.ts";

/** A request as each framework has it. */
interface Asked {
  readonly providerLogin?: LoginView | undefined;
}

const shown = ({ providerLogin }: Asked) => JSON.stringify(providerLogin ?? "none");

const LOGIN: LoginView = {
  issuer: "https://id.example.com",
  at: 1_800_000_000_000,
  authAt: 1_799_999_000_000,
  acr: "mfa",
  amr: ["otp"],
  roles: ["ops"],
  claims: { name: "Alice" },
};

const FRAMEWORKS: Record<string, (moor: TestMoor) => Promise<RequestListener>> = {
  async "moor/express"({ options }) {
    const app = express();
    app.use(expressSession(options));
    return app.get("/", (request, response) => void response.send(shown(request)));
  },

  async "moor/koa"({ options }) {
    const app = new (requireTestPackage("koa"))();
    app.use(koaSession(options));
    app.use((context: Asked & { body: string }) => {
      context.body = shown(context);
    });
    return app.callback();
  },

  async "moor/fastify"({ options }) {
    const app = requireTestPackage("fastify")();
    await app.register(fastifySession, options);
    app.get("/", async (request: Asked) => shown(request));
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
};

describeWithTestPackages(() =>
  describe.each(Object.entries(FRAMEWORKS))("%s", (_name, create) => {
    let moor: TestMoor;
    beforeAll(async () => {
      moor = await startTestMoor();
    });
    afterAll(() => moor.stop());

    async function ask(headers: Record<string, string>): Promise<string> {
      const server = createServer(await create(moor)).listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const { port } = server.address() as AddressInfo;
        return await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
      } finally {
        server.close();
        server.closeAllConnections();
      }
    }

    it("shows the login that Moor has made at a provider", async () => {
      const visitor = moor.visitor({ basket: {} });
      visitor.providerLogin = LOGIN;
      expect(JSON.parse(await ask(await visitor.headers()))).toEqual(LOGIN);
    });

    it("shows none to other visitors, and none without a handoff", async () => {
      expect(await ask(await moor.visitor().headers())).toBe('"none"');
      expect(await ask({})).toBe('"none"');
    });
  }),
);

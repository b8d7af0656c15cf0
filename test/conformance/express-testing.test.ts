import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { startTestMoor, TestMoor, TestVisitor } from "../../src/sdk/express/testing.ts";
import { buildPackage } from "../support/node/built-package.ts";

/** Express, as far as this application uses it. */
type Application = RequestListener & {
  use(...handlers: unknown[]): void;
  get(
    path: string,
    handler: (request: Asked, response: { send(text: string): void; json(value: unknown): void }) => void,
  ): void;
};
interface Asked {
  query: Record<string, string>;
  session: Record<string, unknown> & Record<"regenerate" | "destroy", (callback: () => void) => void>;
}

const ending: (() => Promise<unknown>)[] = [];
let moor: TestMoor;
let url: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "moor-testing-"));
  const modules = join(folder, "node_modules");
  ending.push(() => rm(folder, { recursive: true, force: true }));
  await buildPackage(modules, "express");
  const load = (file: string) => import(pathToFileURL(join(modules, file)).href);
  const { session } = await load("moor/dist/src/sdk/express/index.js");
  const testing: { startTestMoor: typeof startTestMoor } = await load("moor/dist/src/sdk/express/testing.js");
  moor = await testing.startTestMoor();
  ending.push(() => moor.stop());

  const app: Application = (await load("express/index.js")).default();
  app.use(session(moor.options));
  app.get("/", ({ session: { cookie, ...own } }, response) => response.json(own));
  app.get("/set", ({ session, query }, response) => response.json(Object.assign(session, query)));
  app.get("/large", ({ session }, response) => {
    session.large = "x".repeat(20_000);
    response.send("filled");
  });
  app.get("/login", (request, response) =>
    request.session.regenerate(() => {
      request.session.user = "alice";
      response.send("hello");
    }),
  );
  app.get("/logout", ({ session }, response) => session.destroy(() => response.send("bye")));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  ending.push(async () => {
    server.closeAllConnections();
    server.close();
  });
});
afterAll(() => Promise.all(ending.map((end) => end())));

/** The answer to a visitor's request, whose changes the visitor's session takes. */
async function ask(visitor: TestVisitor, path: string): Promise<string> {
  const response = await fetch(url + path, { headers: await visitor.headers() });
  visitor.receive(response.headers);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text;
}

describe("an application under test, with the stand-in for Moor", () => {
  it("sees the session that the test has made", async () => {
    expect(JSON.parse(await ask(moor.visitor({ user: "alice" }), "/"))).toEqual({ user: "alice" });
  });

  it("keeps changes from request to request, those of headers and those of the session API", async () => {
    const visitor = moor.visitor();
    expect(visitor.isNew).toBe(true);
    await ask(visitor, "/set?a=1");
    await ask(visitor, "/large");
    expect(JSON.parse(await ask(visitor, "/"))).toEqual({ a: "1", large: "x".repeat(20_000) });
  });

  it("logs in and out", async () => {
    const visitor = moor.visitor({ basket: 1 });
    await ask(visitor, "/login");
    expect(visitor.attributes).toMatchObject({ user: "alice" });
    expect(visitor).toMatchObject({ generation: 1, isNew: false });
    expect(visitor.attributes.basket).toBeUndefined();
    await ask(visitor, "/logout");
    expect(visitor).toMatchObject({ isNew: true, attributes: {} });
  });

  it("refuses a handoff whose claims the stand-in has not signed", async () => {
    const { "moor-session": jwt } = await moor.visitor({ user: "alice" }).headers();
    const [header, , signature] = jwt.split(".");
    const forged = Buffer.from(JSON.stringify({ iss: moor.options.issuer, aud: "test", ver: 1, gen: 0 })).toString(
      "base64url",
    );
    const response = await fetch(url, { headers: { "moor-session": `${header}.${forged}.${signature}` } });
    expect(response.status).toBe(403);
  });
});

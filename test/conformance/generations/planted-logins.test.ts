import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { CarrierConfig } from "../../../src/carriers/registry.ts";
import { startExample } from "../../examples/running-example.ts";
import { buildPackage } from "../../support/node/built-package.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { freePort } from "../../support/node/ports.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import { byCookie, byHeader, byUrl, type Visiting, type Visitor } from "./visitors.ts";

const EXPRESS = "test/conformance/generations/express-login.cjs";
const GRACE_SECONDS = [0, 1, 30];
const HOST_COOKIE: CarrierConfig[] = [{ type: "cookie" }, { type: "header" }, { type: "url" }];
const SHARED_COOKIE: CarrierConfig[] = [{ type: "cookie", prefix: "__Secure-" }];

const [origin, expressPort, folder, keys] = await Promise.all([
  startOrigin("a"),
  freePort(),
  mkdtemp(join(tmpdir(), "moor-planted-")),
  testKeys(),
]);
const ending: (() => Promise<unknown>)[] = [() => origin.kill(), () => rm(folder, { recursive: true, force: true })];
afterAll(() => Promise.all(ending.map((end) => end())));

const pools = [
  { id: "shop", url: origin.url },
  { id: "express", url: `http://127.0.0.1:${expressPort}` },
].map(({ id, url }) => ({
  id,
  origins: [{ id: "a", url }],
  session: { may: ["patch" as const, "principal" as const, "end" as const] },
}));
const routes = [
  { host: "express.test", path: "/*", pool: "express" },
  { path: "/*", pool: "shop" },
];

/** A site of each role: the proxy, with an origin and with Express behind it, and the middleware. */
async function startRoles(graceSeconds: number, carriers: CarrierConfig[]) {
  const options = { keys, carriers, session: { graceSeconds } };
  const proxy = await startSite([], { ...options, pools, routes });
  const middleware = await startSite([], { ...options, role: "middleware" });
  ending.push(proxy.stop, middleware.stop);
  return { proxy, middleware };
}
type Roles = Awaited<ReturnType<typeof startRoles>>;

const sites: Record<number, { host: Roles; shared: Roles }> = {};
for (const grace of GRACE_SECONDS) {
  const [host, shared] = await Promise.all([startRoles(grace, HOST_COOKIE), startRoles(grace, SHARED_COOKIE)]);
  sites[grace] = { host, shared };
}
const { host: first } = sites[0] as { host: Roles };
await buildPackage(join(folder, "node_modules"), "express");
await cp(EXPRESS, join(folder, "login.cjs"));
const express = await startExample([process.execPath, join(folder, "login.cjs")], expressPort, {
  MOOR_ISSUER: TEST_ISSUER,
  MOOR_AUDIENCE: "express",
  MOOR_URL: `http://127.0.0.1:${first.proxy.moor.port}`,
  NODE_ENV: "test",
});
ending.push(() => express.stop());

/** The way in which an application logs a person in, with an attribute of their own. */
interface Application {
  readonly name: string;
  readonly host: string;
  siteOf(roles: Roles): Site;
  login(user: string): string;
}

const applications: Application[] = [
  {
    name: "Moor-Principal",
    host: "shop.test",
    siteOf: ({ proxy }) => proxy,
    login: (user) => `/?login=${user}&set=card:${user}`,
  },
  {
    name: "moor/express",
    host: "express.test",
    siteOf: ({ proxy }) => proxy,
    login: (user) => `/?login=${user}&set=card:${user}`,
  },
  {
    name: "moor/hono by attributes",
    host: "shop.test",
    siteOf: ({ middleware }) => middleware,
    login: (user) => `/?set=user:${user}&set=card:${user}&rotate`,
  },
];

const carriers: { carrier: string; rolesOf: (grace: number) => Roles; visit: Visiting }[] = [
  { carrier: "a __Host- cookie", rolesOf: (grace) => sitesOf(grace).host, visit: byCookie },
  { carrier: "a __Secure- cookie", rolesOf: (grace) => sitesOf(grace).shared, visit: byCookie },
  { carrier: "a header", rolesOf: (grace) => sitesOf(grace).host, visit: byHeader },
  { carrier: "the URL", rolesOf: (grace) => sitesOf(grace).host, visit: byUrl },
];

function sitesOf(grace: number) {
  return sites[grace] as { host: Roles; shared: Roles };
}

/**
 * The order in which attacker and victim act. They hold the same token at first, and the first to log in gets the newer
 * generation.
 */
const orders: { order: string; act: (attacker: Acting, victim: Acting) => Promise<void> }[] = [
  {
    order: "the attacker writes, keeps the older token, and the victim logs in",
    async act(attacker, victim) {
      await attacker.write("bait:worm");
      await victim.login();
    },
  },
  {
    order: "the victim logs in, and the attacker logs in with the older token",
    async act(attacker, victim) {
      await victim.login();
      await attacker.login();
    },
  },
  {
    order: "the attacker logs in, keeps the newer generation, and the victim logs in with the older one",
    async act(attacker, victim) {
      await attacker.login();
      await victim.login();
    },
  },
  {
    order: "the victim writes, the attacker logs in, and the victim logs in with the older one",
    async act(attacker, victim) {
      await victim.write("basket:tea");
      await attacker.login();
      await victim.login();
    },
  },
];

interface Acting {
  login(): Promise<unknown>;
  write(pair: string): Promise<unknown>;
}

const cases = applications.flatMap(({ name, ...application }) =>
  carriers.flatMap((carrier) =>
    GRACE_SECONDS.flatMap((grace) => orders.map((order) => ({ name, ...application, ...carrier, grace, ...order }))),
  ),
);

describe.each(cases)("$name, $carrier, grace of $grace s: $order", (given) => {
  const { host, siteOf, login, rolesOf, grace, visit, act } = given;

  it("leaves attacker and victim with nothing of each other's login", async () => {
    const site = siteOf(rolesOf(grace));
    const attacker = visit(site, host);
    await attacker.ask("/?set=seed:1");
    const planted = attacker.copy();
    const victim = attacker.copy();
    const acting = (visitor: Visitor, user: string): Acting => ({
      login: () => visitor.ask(login(user)),
      write: (pair) => visitor.ask(`/?set=${pair}`),
    });
    await act(acting(attacker, "mallory"), acting(victim, "alice"));

    // The planted token and the attacker's later tokens show nothing of the victim, also after a write by either.
    const holds = [planted, attacker];
    const expectApart = async () => {
      for (const held of holds) expect(await shownTo(held)).not.toMatch(/alice|harbour/);
      const seen = await shownTo(victim);
      expect(seen).toMatch(/alice/);
      expect(seen).not.toMatch(/mallory|evil/);
    };
    await expectApart();
    await victim.ask("/?set=address:harbour");
    for (const held of holds) await held.ask("/?set=trap:evil");
    await expectApart();
    expect(await shownTo(victim)).toMatch(/harbour/);
  });
});

it("keeps all attributes of a login by moor/express beside which the session ends, also those that it had before", async () => {
  const visitor = byCookie(sitesOf(0).host.proxy, "express.test");
  await visitor.ask("/?login=mallory&set=factor:missing");
  const other = visitor.copy();
  const login = await origin.hold((hold) => visitor.ask(`/?login=alice&set=factor:missing&${hold}`));
  expect((await other.ask("/.moor/logout")).status).toBe(204);
  expect((await login.release()).status).toBe(200);
  expect(JSON.parse(await shownTo(visitor))).toMatchObject({ user: "alice", factor: "missing" });
});

it("stores nothing of a login by moor/express once its headers are sent: the application is told, and lives on", async () => {
  const visitor = byCookie(sitesOf(0).host.proxy, "express.test");
  await visitor.ask("/?set=seed:1");
  const planted = visitor.copy();
  expect((await visitor.ask("/?login=alice&late=harbour")).text).toBe("begun session-over");
  expect(await shownTo(planted)).not.toMatch(/alice|harbour/);
  expect(JSON.parse(await shownTo(visitor))).toMatchObject({ user: "alice" });
});

/** The principal and attributes that a client is shown. */
async function shownTo(visitor: Visitor): Promise<string> {
  const { session } = (await visitor.ask("/")).told;
  return JSON.stringify({ sub: session.sub, ...session.data });
}

it("keeps keys, tokens, principals and attributes out of the log", () => {
  for (const { host, shared } of Object.values(sites)) {
    for (const site of [host.proxy, host.middleware, shared.proxy, shared.middleware]) {
      expect(site.indiscretions("alice", "mallory", "harbour")).toEqual([]);
    }
  }
});

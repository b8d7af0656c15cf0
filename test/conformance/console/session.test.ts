/** @needs chromium redis-server */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import type { Client } from "../../support/node/client.ts";
import { type ConsolePage, openConsole } from "../../support/node/console.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { originConfig } from "../../support/node/site.ts";
import { startStores } from "../../support/node/stores.ts";

const [browser, ...origins] = await Promise.all([launchBrowser(), ...["a", "b", "c"].map((name) => startOrigin(name))]);
const stores = await startStores({
  admin: { console: true },
  adminToken: ADMIN_TOKEN,
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
  stores: { replicate: "always", backup: "sync" },
});
const { site, shopper } = stores;
const { moor } = site;
afterAll(async () => {
  await browser.close();
  await stores.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const SECOND_MS = 1_000;
/** No ejection of these tests lasts longer, and a report is due. */
const REPORT_SECONDS = 61;
async function operator(): Promise<ConsolePage> {
  const console = await openConsole(browser, site);
  onTestFinished(() => console.close());
  return console;
}
/** A session of a visitor: its id, and the origin that serves it. */
async function sessionOf(client: Client) {
  const { told } = await client.ask("/");
  return { id: told.session.sid ?? "", server: told.server };
}
/** The row of a store in the table of copies. */
async function rowOf({ page }: ConsolePage, store: string): Promise<string> {
  const row = page.locator("tr", { has: page.locator("b", { hasText: new RegExp(`^${store}$`) }) });
  return (await row.innerText()).replace(/\s+/g, " ");
}
/** Whether the isolate sends every origin sessions again, and the console has heard of it. Until then sessions get pins. */
async function wellAgain({ open, text }: ConsolePage): Promise<boolean> {
  await moor.elapse(REPORT_SECONDS);
  const { id } = await sessionOf(await shopper());
  await open(`/sessions/${id}`);
  const [last] = moor.logged.filter((line) => /"origin_(ejected|returned)"/.test(line)).slice(-1);
  return !last?.includes("origin_ejected") && !(await text()).includes("Away now");
}
/** Opens a page within two seconds. */
async function openSoon(console: ConsolePage, path: string): Promise<void> {
  const beganAt = Date.now();
  expect(await console.open(path)).toBe(200);
  expect(Date.now() - beganAt).toBeLessThan(2 * SECOND_MS);
}

describe("the page of a session", () => {
  it("shows each copy with its version, generation and age, and no value of the session", async () => {
    const client = await shopper("a-secret-basket");
    const { id } = await sessionOf(client);
    const console = await operator();
    const shown = async () => {
      await console.open(`/sessions/${id}`);
      return Promise.all(["object", "memory", "kv", "redis"].map((store) => rowOf(console, store)));
    };
    await expect
      .poll(shown)
      .toEqual([
        expect.stringMatching(/orders all changes 1 0 now the truth$/),
        expect.stringMatching(/1 0 the authority vouched for it \d+ s ago current$/),
        expect.stringMatching(/1 0 the authority vouched for it \d+ s ago current$/),
        expect.stringMatching(/1 0 last touch in it \d+ s ago current$/),
      ]);
    const text = await console.text();
    expect(text).toMatch(/ends if idle .* \(in \d+ h/);
    expect(text).toMatch(/attributes \d+ bytes, not shown/);
    expect(await console.page.content()).not.toContain("a-secret-basket");
    expect(await console.page.locator("main").innerText()).not.toContain(id);
  });

  it("names the origin that serves the session, and the origin that serves it after that dies", async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => shopper()));
    const console = await operator();
    const before: { server: string; next: string | undefined }[] = [];
    for (const client of clients) {
      const { id, server } = await sessionOf(client);
      await console.open(`/sessions/${id}`);
      const [, serves, next] = /(\w) serves it, because .* If \w dies: (\w) answers/.exec(await console.text()) ?? [];
      expect(serves).toBe(server);
      before.push({ server, next });
    }
    const dead = origins.find(({ name }) => name === before[0]?.server);
    await dead?.kill();
    onTestFinished(async () => {
      await dead?.restart();
      await expect.poll(() => wellAgain(console)).toBe(true);
    });
    const after = await Promise.all(clients.map(async (client) => (await sessionOf(client)).server));
    expect(after).toEqual(before.map(({ server, next }) => (server === dead?.name ? next : server)));
  });

  it("shows the new generation after a login", async () => {
    const client = await shopper();
    const { id } = await sessionOf(client);
    await client.ask("/?login=alice", { method: "POST" });
    const console = await operator();
    await console.open(`/sessions/${id}`);
    expect(await console.text()).toContain("alice");
    expect(await rowOf(console, "object")).toMatch(/ 2 1 now the truth$/);
  });

  it("says within two seconds that the object is away, since when, and what answers meanwhile", async () => {
    const client = await shopper();
    const { id } = await sessionOf(client);
    const console = await operator();
    await stores.withoutObjects(async () => {
      await openSoon(console, `/sessions/${id}`);
      expect(await rowOf(console, "object")).toMatch(
        /did not answer .*(this page noticed it at|Not asked since) \d\d:\d\d:\d\d/,
      );
      await client.ask("/?set=basket:coffee", { method: "POST" });
      await openSoon(console, `/sessions/${id}`);
      expect(await rowOf(console, "redis")).toContain("1 change in the journal wait for the authority");
      const text = await console.text();
      expect(text).toMatch(/says the copy in (memory|kv|redis), because the authority did not answer/);
      expect(text).toContain("object does not answer now.");
      expect(text).toContain("so the session cannot be ended now");
    });
  });

  it("says within two seconds that Redis is away, and since when", async () => {
    const { id } = await sessionOf(await shopper());
    const console = await operator();
    await stores.withoutRedis(async () => {
      await openSoon(console, `/sessions/${id}`);
      expect(await rowOf(console, "redis")).toContain("did not answer");
      expect(await rowOf(console, "object")).toContain("the truth");
      const since = async () => {
        await site.client().ask(`/?set=basket:tea`, { method: "POST" });
        await console.open(`/sessions/${id}`);
        return rowOf(console, "redis");
      };
      await expect.poll(since, { timeout: 30 * SECOND_MS }).toMatch(/Not asked since \d\d:\d\d:\d\d UTC/);
    });
  });
});

describe("a debug link", () => {
  /** Makes a link in the console. */
  async function linkFor(id: string): Promise<URL> {
    const console = await operator();
    await console.open(`/sessions/${id}`);
    expect(await console.text()).toContain("Only its visitor's token knows");
    await console.page.getByRole("link", { name: "Make a debug link…" }).click();
    return new URL(await console.page.getByLabel("The debug link").inputValue());
  }

  it("shows its visitor the region of birth, the pin and the origins, and nobody else anything of the session", async () => {
    const [client, other] = [await shopper("a-secret-basket"), await shopper()];
    const { id, server } = await sessionOf(client);
    const link = await linkFor(id);
    expect(link.href).not.toContain(id);
    const own = await client.send(link.pathname + link.search);
    expect(own.status).toBe(200);
    const text = own.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    expect(text).toContain(`session ${id.slice(0, 8)}…`);
    expect(text).toMatch(/region of birth unknown pin none/);
    expect(text).toContain(`${server} serves it, because its own origin`);
    expect(text).not.toContain("a-secret-basket");
    const others = await other.send(link.pathname + link.search);
    expect(others.text).toContain("for another session than that of this browser");
    expect(others.text).not.toContain(id.slice(0, 8));
  });

  it("is an unknown path once a character of it is changed, and after an hour", async () => {
    const client = await shopper();
    const { id } = await sessionOf(client);
    const link = await linkFor(id);
    const unknown = await client.send("/.moor/nowhere");
    const ask = () => client.send(link.pathname + link.search);
    const changed = await client.send(`${link.pathname}${link.search.replace(/=(\d)/, "=2$1")}`);
    expect([changed.status, changed.text]).toEqual([404, unknown.text]);
    expect((await ask()).status).toBe(200);
    await moor.elapse(3_601);
    expect((await ask()).status).toBe(404);
  });
});

/** @needs php-cli */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Client } from "../../support/node/client.ts";
import { freePort } from "../../support/node/ports.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { type StartedServer, startServer } from "../../support/node/started.ts";
import { testKeys } from "../../support/node/test-keys.ts";
import { TEST_ISSUER } from "../../support/node/workerd.ts";
import { testEndpointOfStore } from "./endpoint.suite.ts";
import { type Move, startMove } from "./move.ts";

const keys = await testKeys();
const [oldPort, newPort] = [await freePort(), await freePort()];
const oldUrl = `http://127.0.0.1:${oldPort}`;
const pages = (name: string) => resolve("test/conformance/adoption", name);

let folder: string;
let old: StartedServer;
let fresh: StartedServer;
let site: Site;

/** The command of PHP's own server with a folder of pages. */
function phpArgv(port: number, folderOfPages: string, settings: readonly string[]): string[] {
  const options = settings.flatMap((setting) => ["-d", setting]);
  return ["php", ...options, "-S", `127.0.0.1:${port}`, "-t", pages(folderOfPages)];
}

function startPhp(port: number, folderOfPages: string, env: Record<string, string>, ...settings: string[]) {
  return startServer(phpArgv(port, folderOfPages, settings), port, {
    needs: "php-cli",
    env: { ...process.env, MOOR_ISSUER: TEST_ISSUER, ...env },
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "moor-adopt-php-"));
  site = await startSite([], {
    pools: [
      {
        id: "new",
        origins: [{ id: "new", url: `http://127.0.0.1:${newPort}` }],
        session: { may: ["patch", "principal", "end"] },
      },
      { id: "old", origins: [{ id: "old", url: oldUrl }] },
    ],
    routes: [
      { path: "/only-old/*", pool: "old" },
      { path: "/*", pool: "new" },
    ],
    adopt: [
      {
        from: "app",
        cookies: ["PHPSESSID"],
        confirm: { pool: "old", path: "/moor-adopt" },
        until: "2090-01-01T00:00:00Z",
      },
    ],
    keys,
  });
  const sdk = resolve("sdk/php");
  old = await startPhp(
    oldPort,
    "php-old",
    { MOOR_SDK: sdk, MOOR_CONFIRM_KEYS: keys.confirm },
    `session.save_path=${folder}`,
  );
  const moor = { MOOR_AUDIENCE: "new", MOOR_URL: `http://127.0.0.1:${site.moor.port}` };
  const prepended = `auto_prepend_file=${join(sdk, "moor-session.php")}`;
  fresh = await startPhp(newPort, "php-new", moor, prepended, "output_buffering=4096");
});
afterAll(async () => {
  await site?.stop();
  await old?.kill();
  await fresh?.kill();
  await rm(folder, { recursive: true, force: true });
});

/** Logs a visitor in at the old shop. Returns its cookie. */
async function visitor(name: string): Promise<string> {
  const begun = await fetch(`${oldUrl}/`);
  const first = cookieIn(begun);
  return cookieIn(await fetch(`${oldUrl}/login?user=${name}`, { headers: { Cookie: `PHPSESSID=${first}` } }));
}

function cookieIn(answer: Response): string {
  return /PHPSESSID=([^;]+)/.exec(answer.headers.get("Set-Cookie") ?? "")?.[1] ?? "";
}

const bringing = (cookie: string) => site.client([["PHPSESSID", cookie]]);
const page = async (browser: Client) => JSON.parse((await browser.ask("/")).text) as Record<string, unknown>;

describe("a visitor of a shop in PHP", () => {
  it("sees their login and their values on the first page through Moor, objects among them", async () => {
    const browser = bringing(await visitor("alice"));
    const seen = { server: "new", user: "alice", apples: 2, since: "2026" };
    expect(await page(browser)).toEqual(seen);
    expect(await page(browser)).toEqual(seen);
  });

  it("keeps the cookie of PHP, so that the way back stays open", async () => {
    const cookie = await visitor("bob");
    const browser = bringing(cookie);
    await page(browser);
    await page(browser);
    expect(browser.cookies.get("PHPSESSID")).toBe(cookie);
    const back = await fetch(`${oldUrl}/`, { headers: { Cookie: `PHPSESSID=${cookie}` } });
    expect(await back.json()).toMatchObject({ server: "old", user: "bob" });
  });

  it("has one session, though 10 first requests come at once", async () => {
    const cookie = await visitor("carol");
    const browsers = Array.from({ length: 10 }, () => bringing(cookie));
    expect(new Set((await Promise.all(browsers.map(page))).map(({ user }) => user))).toEqual(new Set(["carol"]));
    const keyOf = ({ token = "" }: Client) => Buffer.from(token, "base64url").subarray(2, 18).toString("hex");
    expect(new Set(browsers.map(keyOf)).size).toBe(1);
  });

  it("finds their changes when they go back, objects among them", async () => {
    const browser = bringing(await visitor("frida"));
    await browser.ask("/?add=pears");
    const back = JSON.parse((await browser.ask("/only-old/")).text) as Record<string, unknown>;
    expect(back).toEqual({ server: "old", user: "frida", basket: { apples: 2, pears: 1 }, since: "2026" });
  });

  it("is logged out on both sides by a logout at Moor", async () => {
    const cookie = await visitor("gesa");
    const browser = bringing(cookie);
    await page(browser);
    await browser.ask("/?logout");
    expect(browser.cookies.get("PHPSESSID")).not.toBe(cookie);
    const there = await fetch(`${oldUrl}/`, { headers: { Cookie: `PHPSESSID=${cookie}` } });
    expect(await there.json()).toMatchObject({ user: null });
  });

  it("gets a fresh session after a logout there, and the question founds no session there either", async () => {
    const cookie = await visitor("dora");
    await fetch(`${oldUrl}/logout`, { headers: { Cookie: `PHPSESSID=${cookie}` } });
    const before = (await readdir(folder)).length;
    expect(await page(bringing(cookie))).toMatchObject({ user: null });
    expect(await page(bringing("0123456789abcdef0123456789"))).toMatchObject({ user: null });
    expect((await readdir(folder)).length).toBe(before);
  });
});

describe("a visitor of a shop in PHP, as another new application is told of them", () => {
  let move: Move;
  let sessions: string;
  beforeAll(async () => {
    sessions = await mkdtemp(join(tmpdir(), "moor-adopt-php-"));
    move = await startMove((port) => {
      const argv = phpArgv(port, "php-old", [`session.save_path=${sessions}`]);
      return { argv, env: { MOOR_SDK: resolve("sdk/php") } };
    }, "PHPSESSID");
  });
  afterAll(async () => {
    await move?.stop();
    await rm(sessions, { recursive: true, force: true });
  });

  testEndpointOfStore(() => move);
});

describe("the endpoint in PHP", () => {
  it("tells nobody else of a session", async () => {
    const cookie = await visitor("erin");
    const asked = await fetch(`${oldUrl}/moor-adopt`, { headers: { Cookie: `PHPSESSID=${cookie}` } });
    expect([asked.status, await asked.text()]).toEqual([403, "moor-adopt: this is for Moor alone"]);
  });
});

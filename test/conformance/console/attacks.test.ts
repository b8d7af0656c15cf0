/** @needs chromium */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import type { Answer } from "../../support/node/client.ts";
import { type ConsolePage, posted } from "../../support/node/console.ts";
import { startLocalOrigin } from "../../support/node/local-origin.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startThreeWays, WAYS, type Way } from "./three-ways.ts";

const [browser, other, ...origins] = await Promise.all([
  launchBrowser(),
  startLocalOrigin("other"),
  startOrigin("a"),
  startOrigin("b"),
  startOrigin("c"),
  startOrigin("d"),
]);
const ways = await startThreeWays(origins);
const { pool } = ways;
const { site, elapse } = pool;
afterAll(async () => {
  await browser.close();
  await Promise.all([ways.stop(), other.stop()]);
  await Promise.all(origins.map((origin) => origin.kill()));
});

const CONSOLE = "/.moor/console";
/** The parts of an answer by which a client could tell a path from an unknown path. */
const shown = ({ headers, text }: Answer): unknown[] => [Object.keys(headers).sort(), text];
const DRAIN = `${CONSOLE}/pools/shop/origins/a/drain`;
const base = `http://localhost:${site.moor.port}`;
/** The pages of another site; `127.0.0.1` is another site than `localhost`. */
const pages = new Map<string, string>();
other.answers((request, response) => {
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.end(pages.get(request.url ?? "") ?? "another site");
});

async function operator(way: Way = "token"): Promise<ConsolePage> {
  const console = await ways.operator(browser, way);
  onTestFinished(() => console.close());
  return console;
}
const formTokenOf = async ({ page }: ConsolePage) =>
  (await page.locator("header input[name=form]").getAttribute("value")) ?? "";
async function expectUnchanged(): Promise<void> {
  expect(await pool.standing("a")).toEqual({ id: "a", state: "open", next: [] });
}
/** A page of another site, in the browser of an operator who is logged in. */
async function lure(console: ConsolePage, html: string): Promise<void> {
  pages.set("/lure", html);
  await console.page.goto(`http://127.0.0.1:${other.port}/lure`);
}
/** The fields of a drain that would be accepted from the console's own page. */
const fieldsOf = (form: string) => ({ form, version: "0", deadlineSeconds: "" });

describe.each(WAYS)("another site's page in the browser of an operator who came by %s", (way) => {
  it("cannot drain by a form, although it knows the operator's form token", async () => {
    const console = await operator(way);
    const form = await formTokenOf(console);
    const fields = Object.entries(fieldsOf(form)).map(([name, value]) => `<input name="${name}" value="${value}">`);
    await lure(console, `<form method="post" action="${base}${DRAIN}">${fields.join("")}<button>Win</button></form>`);
    await console.page.getByRole("button").click();
    await expect.poll(() => console.page.url()).toBe(base + DRAIN);
    expect(await console.page.locator("body").innerText()).not.toContain("Done");
    await expectUnchanged();
  });

  it("cannot drain by an image, a link or fetch", async () => {
    const console = await operator(way);
    const form = await formTokenOf(console);
    await lure(console, `<img src="${base}${DRAIN}?version=0"><a href="${base}${DRAIN}">Win</a>`);
    await expect(posted(console.page, fieldsOf(form), base + DRAIN)).rejects.toThrow();
    await console.page.getByRole("link").click();
    await expectUnchanged();
  });

  it("cannot show the console in a frame, not even the page of the login", async () => {
    const console = await operator(way);
    const refused = console.page.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
    await lure(console, `<iframe src="${base}${CONSOLE}/login" name="frame"></iframe>`);
    await refused;
    const framed = console.page.frameLocator("[name=frame]");
    expect(await framed.getByText("Operators of this site").count()).toBe(0);
  });

  it("cannot read the console under a name of its own that leads to this machine", async () => {
    const rebinding = await launchBrowser();
    onTestFinished(() => rebinding.close());
    const page = await (await rebinding.newContext()).newPage();
    // Any name below `localhost` leads to this machine.
    const response = await page.goto(`http://evil.localhost:${site.moor.port}${CONSOLE}/login`);
    expect(response?.status()).toBe(404);
  });
});

describe.each(WAYS)("the console's own page, for an operator who came by %s", (way) => {
  it("changes nothing by a GET, and nothing by a form without the operator's form token", async () => {
    const console = await operator(way);
    await console.open("/pools/shop/origins/a/drain?version=0&deadlineSeconds=");
    for (const form of ["", "made-up"]) {
      expect((await posted(console.page, fieldsOf(form), base + DRAIN)).status).toBe(404);
    }
    await expectUnchanged();
  });

  it("runs no script that stands in a text, and lets no script ask other hosts", async () => {
    const console = await operator(way);
    const response = await console.page.goto(
      `${base}${CONSOLE}/sessions?of=${encodeURIComponent("<img src=x onerror=document.title=1>")}`,
    );
    expect(await console.page.title()).toBe("Sessions · Moor");
    expect(await console.page.locator("main img").count()).toBe(0);
    const policy = response?.headers()["content-security-policy"];
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    await expect(console.page.evaluate(`fetch("http://127.0.0.1:${other.port}/")`)).rejects.toThrow();
  });
});

describe("everybody who is not logged in", () => {
  const client = site.client();
  const http = { "X-Forwarded-Proto": "http" };
  const unknown = async (host: string) => client.send("/.moor/nowhere", { headers: { ...http, Host: host } });
  const local = `localhost:${site.moor.port}`;

  it.each([
    "",
    "/pools",
    "/pools/shop",
    "/pools/shop/origins/a/drain",
    "/sessions?of=alice",
    "/audit",
    "/configuration",
    "/nowhere",
  ])("gets the 404 of any unknown path at %j, byte for byte", async (path) => {
    const answer = await client.send(CONSOLE + path, { headers: { ...http, Host: local } });
    expect(answer.status).toBe(404);
    expect(shown(answer)).toEqual(shown(await unknown(local)));
  });

  it("gets it with a made-up cookie, and with the cookie of another secret's operator", async () => {
    const console = await operator();
    const [cookie] = await console.page.context().cookies(base + CONSOLE);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: CONSOLE });
    const statusOf = async (value: string) =>
      (await client.send(CONSOLE, { headers: { ...http, Host: local, Cookie: `${cookie?.name}=${value}` } })).status;
    const value = cookie?.value ?? "";
    expect(await statusOf(value)).toBe(200);
    expect(await statusOf(`x${value}`)).toBe(404);
    expect(await statusOf(value.replace(/.$/, (last) => (last === "A" ? "Q" : "A")))).toBe(404);
  });

  it("gets it at any other host, also with a valid cookie", async () => {
    const console = await operator();
    const [cookie] = await console.page.context().cookies(base + CONSOLE);
    const headers = {
      Host: "shop.test",
      Cookie: `${cookie?.name}=${cookie?.value}; __Host-moor-console=${cookie?.value}`,
    };
    const unknownThere = await client.send("/.moor/nowhere", { headers });
    expect(unknownThere.status).toBe(404);
    for (const path of [CONSOLE, `${CONSOLE}/login`]) {
      const answer = await client.send(path, { headers });
      expect([answer.status, ...shown(answer)], path).toEqual([404, ...shown(unknownThere)]);
    }
  });

  it("gets no cookie for a wrong token, and the log does not have the token", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${base}${CONSOLE}/login`);
    await page.getByLabel("Token").fill("a-wrong-token-that-is-nobodys-secret");
    await page.getByRole("button", { name: "Log in" }).click();
    expect(await page.locator("main").innerText()).toContain("This token is not right.");
    expect(await page.context().cookies(base + CONSOLE)).toEqual([]);
    expect(site.indiscretions("a-wrong-token-that-is-nobodys-secret")).toEqual([]);
  });
});

describe.each([
  ["token", "a"],
  ["Access", "b"],
  ["login", "c"],
] as const)("an operator who came by %s", (way, origin) => {
  it("drains by the same form with the form token of their own page", async () => {
    const console = await operator(way);
    await console.open(`/pools/shop/origins/${origin}/drain`);
    const field = (name: string) => console.page.locator(`main input[name=${name}]`).getAttribute("value");
    const fields = { ...fieldsOf(await formTokenOf(console)), version: (await field("version")) ?? "" };
    const words = await console.page.getByLabel(/^Type/).count();
    const typed = words === 0 ? {} : { typed: `drain ${origin} anyway` };
    expect((await posted(console.page, { ...fields, ...typed })).status).toBe(200);
    expect((await pool.standing(origin)).next).not.toEqual([]);
  });
});

// The last test, because the clock of the provider stays behind.
it("the cookie of an operator opens nothing after half an hour without a request", async () => {
  const console = await operator();
  await elapse(31 * 60);
  const opened = async (path: string) => {
    const response = await console.page.goto(base + path);
    return [response?.status(), await response?.text()];
  };
  const unknown = await opened("/.moor/nowhere");
  expect(unknown[0]).toBe(404);
  expect(await opened(CONSOLE)).toEqual(unknown);
});

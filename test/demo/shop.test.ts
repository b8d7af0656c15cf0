/** @needs chromium */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, startDemo } from "./npm-start.ts";
import { launchBrowser, openShop, press, told } from "./visitor.ts";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(), launchBrowser()]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), demo?.interrupt()]);
});

describe.each<[string, BrowserContextOptions]>([
  ["a desk", { viewport: { width: 1280, height: 800 } }],
  [
    "a phone, in the dark",
    { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, colorScheme: "dark" },
  ],
])("the shop on %s, with JavaScript off", (_where, options) => {
  it("keeps session, basket and login when the server that serves you is stopped", async () => {
    const page = await openShop(browser, demo.url, options);
    expect(await told(page)).toMatchObject({ user: "nobody", session: "not stored yet", basket: [] });

    await press(page, "Add Mooring rope");
    await press(page, "Add Mooring rope");
    await press(page, "Add Compass");
    await press(page, "Add Enamel mug");
    await press(page, "Remove Enamel mug");
    await page.getByLabel("Your name").fill("Änne <b> & Co");
    await press(page, "Log in");
    const before = await told(page);
    expect(before).toMatchObject({ user: "Änne <b> & Co", basket: ["2 × 24 €", "1 × 19 €"] });
    expect(before.session).toMatch(/^[\w-]{8}$/);

    await page.goto(demo.url);
    expect(await told(page)).toEqual(before);

    await press(page, "Stop this server");
    await demo.shows(new RegExp(`^origin ${before.server.toLowerCase()} +stopped$`, "m"));
    await page.reload();
    const after = await told(page);
    expect(after).toEqual({ ...before, server: expect.not.stringMatching(before.server) });
    const stopped = page.locator(`[data-server=${before.server.toLowerCase()}]`);
    expect(await stopped.locator(".state").textContent()).toBe("stopped");
    expect(await page.getByRole("status").textContent()).toContain(
      `Server ${before.server} is gone, server ${after.server} took over.`,
    );

    await press(page, `Start server ${before.server}`);
    expect(await stopped.locator(".state").textContent()).not.toBe("stopped");
    await press(page, "Add Storm lantern");
    expect(await told(page)).toMatchObject({
      user: before.user,
      session: before.session,
      basket: ["2 × 24 €", "1 × 38 €", "1 × 19 €"],
    });

    await press(page, "Log out");
    expect(await told(page)).toMatchObject({ user: "nobody", session: "not stored yet", basket: [] });
    await page.context().close();
  });

  it("fits the screen", async () => {
    const page = await openShop(browser, demo.url, options);
    await press(page, "Add Storm lantern");
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 0);
    await page.context().close();
  });
});

describe("a page of another site", () => {
  const sent = (path: string, form: string, headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const type = { "Content-Type": "application/x-www-form-urlencoded" };
      const asked = request(new URL(path, demo.url), { method: "POST", headers: { ...type, ...headers } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on("error", reject).end(form);
    });
  const port = () => new URL(demo.url).port;
  const servers = async () => {
    const page = await openShop(browser, demo.url);
    const states = await page.locator("[data-server] .state").allTextContents();
    await page.context().close();
    return states;
  };

  it.each<[string, string]>([
    ["/servers/stop", "server=b"],
    ["/.demo/redis", "state=away"],
    ["/.demo/objects", "state=away"],
    ["/.demo/location", "location=tokyo"],
    ["/.demo/provider", "state=away"],
    ["/basket/add", "good=rope"],
  ])("cannot post to %s, by its site, its origin or a name of its own", async (path, form) => {
    const foreign: Record<string, string>[] = [
      { "Sec-Fetch-Site": "cross-site", Origin: "https://evil.test" },
      { "Sec-Fetch-Site": "same-site", Origin: "http://localhost:1" },
      { Origin: "https://evil.test" },
      { Origin: "null" },
      { Host: `evil.test:${port()}` },
      { Host: `evil.test:${port()}`, Origin: `http://evil.test:${port()}`, "Sec-Fetch-Site": "same-origin" },
      { Host: "localhost:1" },
    ];
    for (const headers of foreign) expect([headers, await sent(path, form, headers)]).toEqual([headers, 403]);
    expect(await servers()).not.toContain("stopped");
  });

  it("cannot stop a server by a form", async () => {
    const page = await browser.newPage();
    const other = createServer((_, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(
        `<form method="post" action="${demo.url}/servers/stop"><button name="server" value="b">Win</button></form>`,
      );
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const answered = page.waitForResponse(`${demo.url}/servers/stop`);
    await page.getByRole("button").click();
    expect((await answered).status()).toBe(403);
    await page.close();
    other.close();
    expect(await servers()).not.toContain("stopped");
  });

  it("is told from the demonstration's own, under each of its addresses", async () => {
    for (const name of ["localhost", "127.0.0.1", "[::1]"]) {
      const host = `${name}:${port()}`;
      const headers = { Host: host, Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin" };
      expect([name, await sent("/.demo/objects", "state=here", headers)]).toEqual([name, 303]);
    }
    expect(await sent("/.demo/objects", "state=here", {})).toBe(303);
  });
});

describe("the shop", () => {
  it("loads nothing but its page, and runs no script, JavaScript on", async () => {
    const page = await openShop(browser, demo.url, { javaScriptEnabled: true });
    const requested: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    page.on("console", (message) => complaints.push(message.text()));
    const response = await page.goto(demo.url);
    await page.waitForLoadState("networkidle");
    expect(requested.filter((url) => !url.startsWith("data:"))).toEqual([`${demo.url}/`]);
    expect(complaints).toEqual([]);
    expect(response?.headers()["content-security-policy"]).toContain("default-src 'none'");
    expect(await page.locator("script").count()).toBe(0);
    await page.context().close();
  });

  it("asks for a name when only spaces were typed", async () => {
    const page = await openShop(browser, demo.url);
    await page.getByLabel("Your name").fill("   ");
    await press(page, "Log in");
    expect(await page.getByRole("alert").textContent()).toBe("Please type a name first.");
    await page.context().close();
  });

  it("leads operators to the console, which the token in the terminal opens", async () => {
    const page = await openShop(browser, demo.url);
    await page.getByRole("link", { name: "the console" }).click();
    const [, token = ""] = await demo.shows(/^Console .* token (\S+)/m);
    await page.getByLabel("Token").fill(token);
    await press(page, "Log in");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Now");
    await page.context().close();
  });

  it("can be opened without Moor, and then says where it is", async () => {
    const [, address = ""] = await demo.shows(/origin b {3}(http:\S+)/);
    const response = await fetch(address);
    expect(response.status).toBe(403);
    expect(await response.text()).toContain(`<a href="${demo.url}">`);
  });
});

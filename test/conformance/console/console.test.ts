/** @needs chromium */
/** @quick */
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { type ConsolePage, openConsole, posted, VIEWER_TOKEN } from "../../support/node/console.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startWatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";

const [browser, ...origins] = await Promise.all([launchBrowser(), ...["a", "b", "c"].map((name) => startOrigin(name))]);
const pool = await startWatchedPool(origins, {
  isolates: 2,
  admin: { console: true },
  texts: { MOOR_VIEWER_TOKEN: VIEWER_TOKEN },
  principals: {},
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
});
const { site, admin, elapse } = pool;
const { ports } = site.moor;
afterAll(async () => {
  await browser.close();
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

async function operator(options: Parameters<typeof openConsole>[2] = {}): Promise<ConsolePage> {
  const console = await openConsole(browser, site, options);
  onTestFinished(() => console.close());
  return console;
}

/** Visitors who come back, so that their sessions count; then every isolate reports. */
async function visits(visitors: number): Promise<void> {
  for (let visitor = 0; visitor < visitors; visitor++) {
    const client = site.client();
    for (const port of ports) await client.ask("/", { port });
  }
  await elapse(61);
  for (const port of ports) await site.client().send("/", { port });
}

describe("the console", () => {
  it("says on one page how many isolates were heard, the requests of each origin, and the sessions of each", async () => {
    await visits(30);
    const { text } = await operator();
    await expect.poll(text).toContain("2 isolates heard");
    const shown = await text();
    expect(shown).toMatch(/a open healthy not probed; ejected by 0 of 2 33 % \d+ ± 3 %/);
    expect(shown).toContain("Nothing needs you");
  });

  it("plans a drain, does it, and says so in the audit; another operator's older plan is refused", async () => {
    const [first, second] = await Promise.all([operator(), operator()]);
    for (const { open } of [first, second]) await open("/pools/shop/origins/a/drain");
    const plan = await first.text();
    expect(plan).toContain("Drain shop/a? planned on version 0");
    expect(plan).toContain("nothing changes");
    expect(plan).toContain("new sessions go to b 50 %, c 50 %");
    expect(plan).toMatch(/\d+ sessions? \(± 3 %\) stay on a until they end. It moves 0 sessions/);
    await first.page.getByRole("button", { name: "Drain a" }).click();
    expect(await first.text()).toContain("Drain of shop/a: done. It takes effect at");
    await second.page.getByRole("button", { name: "Drain a" }).click();
    expect(await second.text()).toContain("The pool has changed since this plan was made");
    const standing = await pool.standing("a");
    expect(standing).toMatchObject({ state: "open", next: [{ state: "draining" }, { state: "drained" }] });
    await first.open("/audit");
    expect(await first.text()).toContain("token drain shop/a console changed 0 → 1");
    const { entries } = JSON.parse((await admin.ask("/audit")).text) as { entries: object[] };
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      who: "token",
      from: "console",
      action: "drain",
      versions: { before: 0, after: 1 },
    });
  });

  it("keeps the promise of the plan: from the named time on, new sessions go to the other origins by the shares of the plan", async () => {
    const born = pool.now();
    await elapse(160);
    const before = await pool.servers(born - 10);
    const after = await pool.servers(born + 155);
    expect(before).toContain("a");
    expect(new Set(after)).toEqual(new Set(["b", "c"]));
    // The plan says 50 % each. These are the hashes of 30 fixed ids.
    for (const origin of ["b", "c"]) {
      expect(after.filter((server) => server === origin).length / after.length).toBeGreaterThan(0.3);
    }
    expect(await pool.servers(born - 10)).toEqual(before);
  });

  it("demands typed words before an ejection, and before a drain that would leave no origin to new sessions", async () => {
    const { page, open, text } = await operator();
    await open("/pools/shop/origins/b/eject");
    expect(await text()).toContain("It cannot be undone");
    await page.getByLabel("Type “b” to confirm").fill("c");
    await page.getByRole("button", { name: "Eject b" }).click();
    expect(await text()).toContain("Type “b” to confirm. Nothing was changed.");
    expect((await pool.standing("b")).state).toBe("open");
    await page.getByLabel("Type “b” to confirm").fill("b");
    await page.getByRole("button", { name: "Eject b" }).click();
    expect(await text()).toContain("Eject of shop/b: done");
    await open("/pools/shop/origins/c/drain");
    expect(await text()).toContain("New sessions would find no healthy origin");
    await page.getByLabel("Type “drain c anyway” to confirm").fill("drain c");
    await page.getByRole("button", { name: "Drain c" }).click();
    expect(await text()).toContain("Nothing was changed");
    expect((await pool.standing("c")).state).toBe("open");
  });

  it("lets a viewer look, and not act", async () => {
    const { page, open, text } = await operator({ token: VIEWER_TOKEN });
    await open("/pools");
    expect(await page.getByRole("link", { name: /^(Drain|Restore|Eject)/ }).count()).toBe(0);
    await open("/pools/shop/origins/c/drain");
    expect(await text()).toContain("You may look, and not act");
    const form = (await page.locator("header input[name=form]").getAttribute("value")) ?? "";
    const { status } = await posted(page, { form, version: "2", deadlineSeconds: "", typed: "drain c anyway" });
    expect(status).toBe(404);
    expect((await pool.standing("c")).state).toBe("open");
  });

  it("finds the sessions of a user, and ends one or all of them after a plan", async () => {
    const devices = await Promise.all(
      [1, 2, 3].map(async () => {
        const client = site.client();
        await client.ask("/?login=alice", { method: "POST" });
        return client;
      }),
    );
    const { page, open, text } = await operator();
    await open();
    await page.getByRole("searchbox").fill("alice");
    await page.getByRole("button", { name: "Find" }).click();
    const renewed = async () => {
      await page.reload();
      return text();
    };
    await expect.poll(renewed).toContain("3 sessions");
    await page.getByRole("link", { name: "End…" }).first().click();
    expect(await text()).toContain("Its visitor is logged out");
    await page.getByRole("button", { name: "End it" }).click();
    expect(await text()).toContain("The session has ended.");
    await open("/sessions/end-all?of=alice");
    await page.getByLabel("Type “alice” to confirm").fill("alice");
    await page.getByRole("button", { name: "End all" }).click();
    expect(await text()).toContain("2 sessions ended.");
    await elapse(6);
    for (const client of devices) expect((await client.ask("/")).told.session.sub).toBeUndefined();
    await open("/audit");
    expect(await text()).toMatch(/end-all user \S{8}… console 2 ended, 0 left/);
    expect(await text()).toMatch(/end session \S{8}… console ended/);
  });

  it("can be used on a phone, in the dark, without script and by keyboard alone", async () => {
    const { page, open, text } = await operator({
      viewport: { width: 390, height: 844 },
      colorScheme: "dark",
      javaScriptEnabled: false,
    });
    for (const path of ["", "/pools", "/pools/shop", "/stores", "/audit", "/configuration", "/sessions"]) {
      expect(await open(path)).toBe(200);
      const wide = await page.evaluate("document.documentElement.scrollWidth");
      expect(wide, path).toBeLessThanOrEqual(390);
    }
    await open("/pools/shop");
    const focused = () => page.evaluate("document.activeElement.textContent") as Promise<string>;
    for (let tabs = 0; tabs < 40 && !(await focused()).startsWith("Restore a"); tabs++)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(text).toContain("Restore shop/a?");
    while (!(await focused()).startsWith("Restore a")) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await expect.poll(text).toContain("Restore of shop/a: done");
  });
});

/** @needs chromium */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import { ADMIN_TOKEN } from "../../support/node/admin.ts";
import { violationsIn } from "../../support/node/axe.ts";
import { type ConsolePage, consoleIn, openConsole } from "../../support/node/console.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startWatchedPool } from "../../support/node/pool-visitors.ts";
import { originConfig } from "../../support/node/site.ts";

const [browser, ...origins] = await Promise.all([launchBrowser(), ...["a", "b", "c"].map((name) => startOrigin(name))]);
const pool = await startWatchedPool(origins, {
  isolates: 2,
  admin: { console: true },
  principals: {},
  pools: [{ id: "shop", origins: origins.map(originConfig) }],
});
const { site, elapse } = pool;
const { ports } = site.moor;
afterAll(async () => {
  await browser.close();
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

const LOOKS = [
  { colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { colorScheme: "light", viewport: { width: 390, height: 844 } },
  { colorScheme: "dark", viewport: { width: 390, height: 844 } },
] as const;

/** The sessions of alice, the newest last. */
let sessions: string[] = [];
async function logInAlice(): Promise<string> {
  const client = site.client();
  await client.ask("/?login=alice", { method: "POST" });
  return (await client.ask("/")).told.session.sid ?? "";
}

// Every kind of state is on the pages: an origin that is ill, an origin that drains, numbers, actions.
beforeAll(async () => {
  sessions = [await logInAlice(), await logInAlice()];
  await pool.change("drain", "c");
  await origins[1]?.kill();
  let requests = 0;
  const visit = async () => {
    const client = site.client();
    for (const port of ports) {
      await client.ask("/", { port });
      requests++;
    }
  };
  for (let round = 0; round < 2; round++) {
    for (let visitor = 0; visitor < 20; visitor++) await visit();
    await elapse(61);
  }
  await visit();
  await pool.reported(requests);
});

describe.each(LOOKS)("axe finds nothing, $colorScheme and $viewport.width px wide,", (look) => {
  let console: ConsolePage;
  beforeAll(async () => {
    console = await openConsole(browser, site, look);
  });
  afterAll(() => console.close());

  it.each<[path: string, shown: string | RegExp, status?: number]>([
    ["", "Origin shop/b is ill"],
    ["/pools", "by 2 of 2 isolates"],
    ["/pools/shop", "Sessions of a"],
    ["/pools/shop/origins/a/drain", "Drain shop/a?"],
    ["/pools/shop/origins/a/eject", "It cannot be undone"],
    ["/pools/shop/origins/c/restore", "Restore shop/c?"],
    ["/stores", "closed in all"],
    ["/audit", "drain shop/c"],
    ["/configuration", "idleSeconds"],
    ["/sessions", "Find sessions"],
    ["/sessions?of=alice", "End all"],
    ["/sessions/end-all?of=alice", "Type “alice” to confirm"],
    ["/sessions?of=a%20b", "A user has 1 to 256 characters", 400],
    ["/sessions/ONE", /It expires|ends if idle/],
    ["/sessions/ONE/end", "Its visitor is logged out"],
    ["/sessions/ONE/debug-link", "debug link"],
    ["/login", "Operators of this site"],
  ])("on the page %s", async (path, shown, status = 200) => {
    expect(await console.open(path.replace("ONE", sessions[0] ?? ""))).toBe(status);
    expect(await console.text()).toMatch(shown);
    expect(await violationsIn(console.page)).toEqual([]);
  });

  it("on the page of an action that is refused, because a word was not typed", async () => {
    await console.open("/pools/shop/origins/a/eject");
    await console.page.getByLabel("Type “").fill("no");
    await console.page.getByRole("button", { name: "Eject a" }).click();
    expect(await console.text()).toContain("Nothing was changed");
    expect(await violationsIn(console.page)).toEqual([]);
  });

  it("on the page of a visitor with a debug link", async () => {
    await console.open(`/sessions/${sessions[0]}/debug-link`);
    await console.page.goto(await console.page.getByLabel("The debug link").inputValue());
    expect(await console.page.locator("body").innerText()).toContain("another session");
    expect(await violationsIn(console.page)).toEqual([]);
  });
});

it("axe finds the faults of a page that has some", async () => {
  const console = await openConsole(browser, site);
  await console.page.evaluate(`for (const name of ["aria-label", "placeholder"]) document.querySelector("input[type=search]").removeAttribute(name);
    document.querySelector("h1").style.color = "#ddd";`);
  const found = await violationsIn(console.page);
  await console.close();
  expect(found.map((line) => line.slice(0, line.indexOf(":"))).sort()).toEqual(["color-contrast", "label"]);
});

/** An operator who has a keyboard alone, and a browser without script. */
describe("by Tab, Enter and typing alone, without script, an operator", () => {
  let console: ConsolePage;
  beforeAll(async () => {
    console = await consoleIn(await browser.newContext({ javaScriptEnabled: false }), site);
    await console.open("/login");
  });
  afterAll(() => console.close());

  const named = () =>
    console.page.evaluate(`(() => {
      const at = document.activeElement;
      const name = at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent;
      return { name: name.trim(), isSeen: at === document.body || getComputedStyle(at).outlineStyle !== "none" };
    })()`) as Promise<{ name: string; isSeen: boolean }>;
  /** Presses Tab until an element has the focus whose name begins with a text. Every element on the way shows that it has the focus. */
  async function tabTo(text: string): Promise<void> {
    for (let tabs = 0; tabs < 80; tabs++) {
      await console.page.keyboard.press("Tab");
      const { name, isSeen } = await named();
      expect(isSeen, `the focus on ${name} is seen`).toBe(true);
      if (name.startsWith(text)) return;
    }
    throw new Error(`no Tab leads to ${text}`);
  }
  async function typeInto(label: string, text: string): Promise<void> {
    await tabTo(label);
    await console.page.keyboard.type(text);
  }
  async function press(name: string): Promise<void> {
    await tabTo(name);
    const loaded = console.page.waitForEvent("load");
    await console.page.keyboard.press("Enter");
    await loaded;
  }

  it("logs in", async () => {
    await typeInto("Token", ADMIN_TOKEN);
    await press("Log in");
    expect(await console.page.locator("h1").innerText()).toBe("Now");
  });

  it("reaches every page by the navigation", async () => {
    for (const name of ["Pools", "Sessions", "Stores", "Audit", "Configuration", "Now"]) {
      await press(name);
      expect(await console.page.locator("h1").innerText()).toBe(name);
    }
  });

  it("drains, restores and ejects an origin", async () => {
    await press("Pools");
    await press("Drain a");
    // The other origins are ill, or drain.
    await typeInto("Type “drain a anyway” to confirm", "drain a anyway");
    await press("Drain a");
    expect(await console.text()).toContain("Drain of shop/a: done");
    await press("shop");
    await press("Restore a");
    await press("Restore a");
    expect(await console.text()).toContain("Restore of shop/a: done");
    await press("shop");
    await press("Eject b");
    // Both of the other origins are announced to drain.
    await typeInto("Type “eject b anyway” to confirm", "eject b anyway");
    await press("Eject b");
    expect(await console.text()).toContain("Eject of shop/b: done");
  });

  it("leaves a plan without acting", async () => {
    await press("Pools");
    await press("Eject c");
    await press("Leave it");
    expect((await pool.standing("c")).state).not.toBe("ejected");
    expect(await console.page.locator("h1").innerText()).toBe("shop");
  });

  it("finds the sessions of a user, looks at a session, ends it, and ends all", async () => {
    await logInAlice();
    await typeInto("A user, or the id of a session", "alice");
    await press("Find");
    const shown = (await console.page.locator("main a.mono").first().innerText()).trim();
    await press(shown);
    expect(await console.page.locator("h1").innerText()).toBe("Session");
    await press("Make a debug link");
    expect(await console.page.getByLabel("The debug link").inputValue()).toContain("/.moor/debug");
    await console.page.goBack();
    await press("End…");
    await press("End it");
    expect(await console.text()).toContain("The session has ended.");
    await typeInto("A user, or the id of a session", "alice");
    await press("Find");
    await press("End all");
    await typeInto("Type “alice” to confirm", "alice");
    await press("End all");
    expect(await console.text()).toMatch(/\d sessions? ended\./);
  });

  it("logs out", async () => {
    await press("Log out");
    expect(await console.text()).toContain("Operators of this site");
    expect(await console.open()).toBe(404);
  });
});

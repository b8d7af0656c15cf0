/** @needs chromium */
/** @quick */
import { afterAll, expect, it } from "vitest";
import { launchBrowser } from "../../demo/visitor.ts";
import type { Told } from "../../support/node/client.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite } from "../../support/node/site.ts";

const [origin, browser] = await Promise.all([startOrigin("a"), launchBrowser()]);
const site = await startSite([origin]);
afterAll(async () => {
  await browser.close();
  await site.stop();
  await origin.kill();
});

it("a browser that logs in on one page is shown the same session on the next page", async () => {
  const page = await browser.newPage();
  const at = `http://localhost:${site.moor.port}`;
  await page.goto(`${at}/?login=alice&set=basket:ring`);
  await page.goto(at);
  const { session } = JSON.parse((await page.locator("body").textContent()) ?? "") as Told;
  expect(session).toMatchObject({ sub: "alice", data: { basket: "ring" } });
});

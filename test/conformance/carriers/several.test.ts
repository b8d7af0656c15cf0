/** @any-runtime */
/** @any-authority */
import { afterAll, expect, it } from "vitest";
import { forgeToken } from "../../support/node/forge.ts";
import { startOrigin } from "../../support/node/origins.ts";
import { startSite, withoutEvents } from "../../support/node/site.ts";

const origin = await startOrigin("a");
const site = await startSite([origin], {
  carriers: [
    { type: "cookie" },
    { type: "header" },
    { type: "header", name: "X-One" },
    { type: "header", name: "X-Two" },
    { type: "url" },
  ],
});
afterAll(async () => {
  await site.stop();
  await origin.kill();
});

const junk = forgeToken(site.moor.keys, { secret: Buffer.alloc(32, 9), version: 1 });

/** The log lines of a request that sends these texts in the cookie, the three headers and the address. */
async function linesOf(cookie: string, ...[bearer, one, two, address]: string[]): Promise<string[]> {
  const from = site.moor.logged.length;
  await site.client().send(`/?moor=${address}`, {
    headers: {
      Cookie: `__Host-moor=${cookie}`,
      Authorization: `Bearer ${bearer}`,
      "X-One": one ?? "",
      "X-Two": two ?? "",
    },
  });
  // A path without a route leaves a line, which comes after the lines of the request before it.
  await site.client().send("/", { headers: { Host: "no host" } });
  const lines = () => withoutEvents(site.moor.logged.slice(from));
  await expect.poll(() => lines().at(-1)).toContain("request_refused");
  return lines().slice(0, -1);
}

it("a request leaves one line, however many of its carriers hold text that is not a token", async () => {
  expect(await linesOf(junk, junk, junk, junk, junk)).toEqual([expect.stringContaining('"reason":"forged"')]);
});

it("a request leaves one line, although a token of an ended session stands behind text that is not a token", async () => {
  const client = site.client();
  await client.ask("/?set=a:1", { method: "POST" });
  const ended = client.token ?? "";
  await client.ask("/?end", { method: "POST" });
  expect(await linesOf(junk, ended, junk, junk, junk)).toEqual([expect.stringContaining('"reason":"forged"')]);
  expect(await linesOf(ended, junk, junk, junk, junk)).toEqual([
    expect.stringContaining('"reason":"ended or superseded"'),
  ]);
});

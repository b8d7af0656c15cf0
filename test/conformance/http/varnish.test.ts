/** @needs varnish */
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { startOrigin } from "../../support/node/origins.ts";
import { type Site, startSite } from "../../support/node/site.ts";
import { type RunningVarnish, startVarnish } from "../../support/node/varnish.ts";

/** The rules that docs/guide/origin.md has for Varnish, in its order: `vcl_recv` and `vcl_deliver`. */
const documented = /```vcl\n(.*?)```/s.exec(await readFile("docs/guide/origin.md", "utf8"))?.[1] ?? "";
const [pass = "", deliver = ""] = documented.split("\n\n");

const origin = await startOrigin("a");
const started: { site: Site; varnishes: RunningVarnish[] }[] = [];
afterAll(async () => {
  await Promise.all(started.flatMap(({ site, varnishes }) => [site.stop(), ...varnishes.map((each) => each.stop())]));
  await origin.kill();
});

/** Moor before Varnish before the origin. @param rules of each Varnish, the nearest to the origin first. */
async function behind(...rules: string[]): Promise<Site> {
  const varnishes: RunningVarnish[] = [];
  for (const vcl of rules) {
    const port = varnishes.length === 0 ? origin.port : Number(new URL(varnishes.at(-1)!.url).port);
    varnishes.push(await startVarnish(port, vcl));
  }
  const site = await startSite([varnishes.at(-1)!]);
  started.push({ site, varnishes });
  return site;
}

const HIDES = "sub vcl_deliver { unset resp.http.X-Varnish; unset resp.http.Via; }";
const CACHED = "/?login=mallory&set=basket:worm&header=Cache-Control:max-age%3D60";

async function expectChanges(site: Site): Promise<void> {
  const client = site.client();
  expect((await client.ask("/?login=alice&set=basket:apples", { method: "POST" })).status).toBe(200);
  expect((await client.ask("/?set=seen:1")).status).toBe(200);
  const { session } = (await client.ask("/")).told;
  expect(session).toMatchObject({ sub: "alice", data: { basket: "apples", seen: "1" } });
}

describe("an origin behind Varnish", () => {
  it("changes sessions with the documented rules, though Varnish says Age: 0 with each response", async () => {
    expect(documented).toContain("vcl_deliver");
    const site = await behind(pass);
    await expectChanges(site);
    expect((await site.client().send("/")).headers).toMatchObject({
      age: "0",
      via: expect.stringContaining("Varnish"),
    });
  });

  it("changes sessions with the documented rules where others hide Varnish", async () => {
    await expectChanges(await behind([pass, deliver, HIDES].join("\n")));
  });

  it("is told from a cache by its headers alone: where they are hidden, a change is refused", async () => {
    const site = await behind([pass, HIDES].join("\n"));
    expect((await site.client().ask("/?set=basket:apples", { method: "POST" })).status).toBe(502);
  });

  it("changes sessions behind two of them with the documented rules for both", async () => {
    await expectChanges(await behind(documented, documented));
  });

  it.each<[string, string[]]>([
    ["by Varnish", [""]],
    ["by the nearer of two", ["", pass]],
    ["by the nearer of two, though the other has the documented rules", ["", documented]],
    ["by the other one", [pass, ""]],
  ])("logs nobody in by a response that was stored %s within the same second", async (_which, rules) => {
    const site = await behind(...rules);
    await site.client().send(CACHED);
    const victim = site.client();
    const { status, setCookies, headers } = await victim.ask(CACHED);
    expect({ status, setCookies, cached: headers["x-varnish"] }).toEqual({
      status: 502,
      setCookies: [],
      cached: undefined,
    });
    expect((await victim.ask("/?own")).told.session).not.toHaveProperty("sub");
  });
});

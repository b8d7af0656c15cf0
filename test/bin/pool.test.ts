import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ADMIN_TOKEN } from "../support/node/admin.ts";
import { startOrigin } from "../support/node/origins.ts";
import { originConfig, startSite } from "../support/node/site.ts";

const origins = await Promise.all(["a", "b", "c"].map((name) => startOrigin(name)));
const site = await startSite([], {
  pools: [
    { id: "shop", origins: origins.map(originConfig) },
    { id: "files", origins: origins.slice(1).map(originConfig) },
  ],
  routes: [{ path: "/*", pool: "shop" }],
  admin: {},
  adminToken: ADMIN_TOKEN,
});
afterAll(async () => {
  await site.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
});

describe("moor pool", () => {
  const run = promisify(execFile);
  async function cli(
    args: string[],
    { token = ADMIN_TOKEN as string | null, url = `http://127.0.0.1:${site.moor.port}` } = {},
  ) {
    const { MOOR_ADMIN_TOKEN, MOOR_URL, ...env } = process.env;
    const all = ["bin/moor.js", "pool", ...args, ...(url ? ["--url", url] : [])];
    const given = { ...env, ...(token === null ? {} : { MOOR_ADMIN_TOKEN: token }) };
    const ran = await run(process.execPath, all, { env: given }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
    expect(`${ran.stdout}${ran.stderr}`).not.toContain(ADMIN_TOKEN);
    return ran as { code: number; stdout: string; stderr: string };
  }
  const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

  it("lists all origins in a table, and as JSON", async () => {
    const { code, stdout } = await cli(["list"]);
    expect([code, stdout.split("\n").slice(0, 3)]).toEqual([
      0,
      [
        "POOL   ORIGIN  STATE  SINCE  BOUND  PROBES  NEXT",
        "shop   a       open   -      -      -       -",
        "shop   b       open   -      -      -       -",
      ],
    ]);
    const json = JSON.parse((await cli(["list", "--pool", "files", "--json"])).stdout);
    expect(json.pools.map(({ id }: { id: string }) => id)).toEqual(["files"]);
  });

  it("lists the verdicts of the probes", async () => {
    const check = { path: "/?status=503", intervalSeconds: 1, unhealthyThreshold: 1 };
    const probed = await startSite(origins.slice(0, 1), {
      pool: { healthCheck: check },
      admin: {},
      adminToken: ADMIN_TOKEN,
    });
    try {
      const url = `http://127.0.0.1:${probed.moor.port}`;
      const list = async () => (await cli(["list"], { url })).stdout;
      expect(await list()).toMatch(/^shop {2}a {7}open {3}- {6}- {6}- {7}-$/m);
      await probed.client().ask("/");
      const said = `unhealthy since ${TIME} \\(status 503\\)`;
      await expect.poll(list).toMatch(new RegExp(`^shop {2}a {7}open {3}- {6}- {6}${said} {2}-$`, "m"));
    } finally {
      await probed.stop();
    }
  });

  it("drains, restores and ejects, and tells when that takes effect", async () => {
    const drained = await cli(["drain", "a", "--deadline", "3600"]);
    expect(drained.stdout).toMatch(new RegExp(`^shop/a: open; draining from ${TIME}, drained from ${TIME}\n$`));
    expect((await cli(["drain", "a"])).stdout).toMatch(/^shop\/a: is so already; open; draining/);
    expect((await cli(["restore", "a"])).stdout).toMatch(
      new RegExp(`^shop/a: open; draining from ${TIME}, open from ${TIME}\n$`),
    );
    expect((await cli(["eject", "c", "--pool", "files", "--at", "now"])).stdout).toBe("files/c: ejected\n");
    expect((await cli(["list", "--pool", "files"])).stdout).toMatch(
      new RegExp(`^files {2}c {7}ejected {2}${TIME} {2}- {6}- {7}-$`, "m"),
    );
  });

  it("takes the last origin only with --anyway", async () => {
    const refused = await cli(["eject", "b", "--pool", "files"]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("last_origin: No healthy origin would"),
    ]);
    expect(refused.stderr).toContain("found c (ejected)");
    const anyway = await cli(["eject", "b", "--pool", "files", "--anyway"]);
    expect([anyway.code, anyway.stdout]).toEqual([0, expect.stringMatching(/^files\/b: open; ejected from/)]);
    expect((await cli(["restore", "a", "--anyway"])).stderr).toContain('unknown flag "--anyway"');
  });

  it.each<[string, string[], number, RegExp]>([
    [
      "an origin that there is not",
      ["drain", "z"],
      2,
      /^moor pool: there is no origin "z"; there is shop\/a, shop\/b, shop\/c, files\/b, files\/c\n$/,
    ],
    [
      "an origin of several pools",
      ["drain", "b"],
      2,
      /^moor pool: several pools have an origin "b"; say which with --pool: shop, files\n$/,
    ],
    ["a pool that there is not", ["list", "--pool", "z"], 2, /^moor pool: --pool: found "z", accepted: shop, files\n$/],
    [
      "a time that is none",
      ["drain", "a", "--at", "soon"],
      2,
      /^moor pool: bad_change: at: a time in UTC, as in 2027-01-01T00:00:00Z\.\n$/,
    ],
    [
      "a deadline that is none",
      ["drain", "a", "--deadline", "1h"],
      2,
      /^moor pool: --deadline: found "1h", accepted: a whole number of seconds, 1 or more\n$/,
    ],
    ["no origin", ["drain"], 2, /^moor pool: no origin is given: moor pool drain ORIGIN\n$/],
    ["no action", [], 2, /^moor pool: /],
  ])("tells what is wrong with %s", async (_what, args, code, stderr) => {
    const ran = await cli(args);
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(stderr);
  });

  it("reports a missing token, a wrong token, and an address at which no Moor answers", async () => {
    const none = await cli(["list"], { token: null });
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("MOOR_ADMIN_TOKEN is not set")]);
    const wrong = await cli(["list"], { token: "another-token-of-somebody-else-that-is-long" });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("has no admin API for you")]);
    expect(wrong.stderr).not.toContain("another-token");
    const nobody = await cli(["list"], { url: "http://127.0.0.1:1" });
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("http://127.0.0.1:1 cannot be reached")]);
    const plain = await cli(["list"], { url: "http://shop.example" });
    expect([plain.code, plain.stderr]).toEqual([2, expect.stringContaining("http:// for localhost alone")]);
    const other = await cli(["list"], { url: origins[0]?.url ?? "" });
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("as Moor does")]);
  });
});

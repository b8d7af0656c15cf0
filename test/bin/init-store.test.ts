/** @needs postgresql */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { startPostgres } from "../support/node/postgres.ts";

const MOOR = resolve("bin/moor.js");
const WRANGLER = resolve("node_modules/wrangler/bin/wrangler.js");
const run = promisify(execFile);

async function inFolder() {
  const folder = await mkdtemp(join(tmpdir(), "moor-init-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const moor = (...args: string[]) =>
    run(process.execPath, [MOOR, "init", ...args], { cwd: folder }).then(
      ({ stdout }) => stdout,
      ({ stderr }: { stderr: string }) => stderr,
    );
  return { folder, moor, read: (name: string) => readFile(join(folder, name), "utf8") };
}

describe("moor init --store", () => {
  it("writes a schema for Postgres, which may be run twice", async () => {
    const { folder, moor, read } = await inFolder();
    expect(await moor("--store", "postgres")).toContain("npx wrangler secret put MOOR_POSTGRES");
    expect(await read("moor.config.ts")).toContain('stores: { authority: { type: "postgres" } }');
    const server = await startPostgres();
    onTestFinished(server.stop);
    await server.sql.unsafe("DROP TABLE moor_rows");
    for (let time = 0; time < 2; time++) {
      await run("psql", [server.url, "-v", "ON_ERROR_STOP=1", "-f", join(folder, "moor-rows.sql")]);
    }
    expect(await server.sql.unsafe("SELECT count(*)::int AS rows FROM moor_rows")).toMatchObject([{ rows: 0 }]);
  });

  it("writes a migration for D1, which wrangler applies", async () => {
    const { folder, moor, read } = await inFolder();
    await moor("--store", "d1");
    expect(await read("moor.config.ts")).toContain('stores: { authority: { type: "d1" } }');
    const env = { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" };
    const wrangler = (...args: string[]) =>
      run(process.execPath, [WRANGLER, "d1", ...args, "--local"], { cwd: folder, env });
    await wrangler("migrations", "apply", "moor-sessions");
    const { stdout } = await wrangler(
      "execute",
      "moor-sessions",
      "--command",
      "SELECT count(*) AS n FROM moor_rows",
      "--json",
    );
    expect(JSON.parse(stdout)).toMatchObject([{ results: [{ n: 0 }] }]);
  });

  it("writes the schema alone into a project that exists", async () => {
    const { folder, moor, read } = await inFolder();
    await writeFile(join(folder, "moor.config.ts"), "// mine");
    expect(await moor("--store", "postgres")).toContain("wrote moor-rows.sql\n");
    expect(await read("moor.config.ts")).toBe("// mine");
    expect(await moor("--store", "postgres")).toBe(
      "moor init: moor-rows.sql exists already; nothing has been written\n",
    );
  });

  it("refuses another store, and names those that there are", async () => {
    const { moor } = await inFolder();
    expect(await moor("--store", "mysql")).toBe(
      'moor init: --store: found "mysql", accepted: object, redis, redis-tcp, postgres, d1, memcached, cookie\n',
    );
  });
});

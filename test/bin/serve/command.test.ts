import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startServe } from "../../support/node/served.ts";
import { moor } from "../project.ts";

const pools = [{ id: "shop", origins: [{ id: "a", url: "http://127.0.0.1:9001" }] }];
const variables = { MOOR_REDIS_URL: "redis://127.0.0.1:1" };

it("tells its flags, its secrets and its exit codes", async () => {
  const { code, stdout } = await moor("serve", "--help");
  expect(code).toBe(0);
  for (const text of ["--listen", "--health", "--admin", "MOOR_TOKEN_KEYS", "NAME_FILE", "Exit codes"])
    expect(stdout).toContain(text);
});

it("ends with 2 and a line for each secret that is missing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "moor-serve-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "moor.config.ts");
  const config = { pools, trustedProxies: ["127.0.0.1"], stores: { authority: { type: "redis-tcp" } } };
  await writeFile(file, `export default ${JSON.stringify(config)};`);
  const { code, stderr } = await moor("serve", "--config", file);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^moor serve: MOOR_TOKEN_KEYS: found no MOOR_TOKEN_KEYS /);
});

it.each([
  ["--listen", "8080"],
  ["--listen", "shop.test:8080"],
  ["--admin", "0.0.0.0:8082"],
  ["--drain-seconds", "0"],
  ["--host", "https://shop.test"],
])("refuses %s %s, and names what it accepts", async (flag, value) => {
  const { code, stderr } = await moor("serve", flag, value);
  expect(code).toBe(2);
  expect(stderr).toMatch(new RegExp(`^moor serve: ${flag}: found ${JSON.stringify(value)}, accepted: `));
});

it("refuses a configuration with admin and no socket for it, and a socket without admin", async () => {
  const admin = { MOOR_ADMIN_TOKEN: "t".repeat(32) };
  await expect(startServe({ config: { pools, admin: {} }, variables: { ...variables, ...admin } })).rejects.toThrow(
    "--admin",
  );
  await expect(startServe({ config: { pools }, variables, flags: ["--admin", "127.0.0.1:0"] })).rejects.toThrow(
    "--admin",
  );
});

it("names a port that is taken, before it starts anything", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(startServe({ config: { pools }, variables, flags: ["--listen", `127.0.0.1:${port}`] })).rejects.toThrow(
    `--listen: 127.0.0.1:${port} is taken`,
  );
});

it.each([
  ["missing", "/none/temporary", "/none/temporary, which takes no files (ENOENT)"],
  ["too long for a socket", `/tmp/${"x".repeat(100)}`, "a path of 105 bytes, accepted: at most "],
])("names a temporary folder that is %s", async (_, TMPDIR, found) => {
  await expect(startServe({ config: { pools }, variables: { ...variables, TMPDIR } })).rejects.toThrow(
    `TMPDIR: found ${found}`,
  );
});

it("has nothing by which anybody moves its clock, as the Worker of the tests has", async () => {
  const serve = await startServe({ config: { pools }, variables });
  const moved = await fetch(`http://127.0.0.1:${serve.healthPort}/`, { method: "POST", body: "1000" });
  expect(moved.status).toBe(404);
  expect(await serve.stop()).toBe(0);
});

it("starts while its store is away, and says so", async () => {
  const serve = await startServe({ config: { pools }, variables });
  expect(await serve.entry("serving")).toMatchObject({ store: "store_unavailable", hosts: ["shop.test"] });
  expect(await serve.stop()).toBe(0);
});

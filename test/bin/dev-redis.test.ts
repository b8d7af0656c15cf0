/** @needs redis-server */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createConnections } from "../../bin/local-redis/connections.ts";
import {
  complaints,
  createVisitor,
  fronting,
  nothingIsLeft,
  readyUrl,
  redisSocket,
  somePort,
  startServer,
} from "./moor-dev.ts";
import { createProject, type Running } from "./project.ts";

/** The keys in its Redis. */
async function keysInRedis(running: Running): Promise<string[]> {
  const redis = createConnections({ path: await redisSocket(running) });
  const [keys] = await redis.exchange([["KEYS", "*"]]).finally(redis.close);
  return (keys as Buffer[]).map(String);
}

describe("the Redis of moor dev", () => {
  it("holds the data that the Worker backs up, and leaves nothing when it ends", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await createVisitor()(`${await readyUrl(running)}/visit`);
    await expect.poll(() => keysInRedis(running)).toEqual([expect.stringMatching(/^moor:\{.+\}:r$/)]);
    running.process.kill("SIGTERM");
    await running.ended();
    await nothingIsLeft(running);
    expect(await readdir(join(project.folder, "tmp"))).toEqual([]);
    expect(await readdir(join(project.folder, ".wrangler", "moor"))).toEqual(["keys.json"]);
  });

  it("is kept in the same folder as the sessions", async () => {
    const project = await createProject();
    const servers = [await startServer("one")];
    const port = await somePort();
    const before = await fronting(project, servers, port);
    await createVisitor()(`${await readyUrl(before)}/visit`);
    await expect.poll(() => keysInRedis(before)).toHaveLength(1);
    const keys = await keysInRedis(before);
    before.process.kill("SIGTERM");
    await before.ended();
    const after = await fronting(project, servers, port);
    expect(await keysInRedis(after)).toEqual(keys);
    expect(await readdir(join(project.folder, ".wrangler", "moor", `dev-${port}`))).toContain("redis");
  });

  it("is off where there is no redis-server, and one line says so", async () => {
    const project = await createProject();
    const args = ["dev", "--port", "0", "--origin", await startServer("one")];
    const running = project.start(args, { path: join(project.folder, "tmp") });
    const ask = createVisitor();
    const url = await readyUrl(running);
    expect(running.output.stdout).toContain(
      "\nredis off: there is no redis-server on the PATH; on Debian and Ubuntu: apt-get install redis-server\nready ",
    );
    await ask(`${url}/visit`);
    expect(await ask(`${url}/`)).toMatchObject({ session: { data: { visited: "one" } } });
    expect(complaints(running)).toBe("");
  });

  it("ends moor dev, and says why, if it does not start", async () => {
    const project = await createProject();
    const port = await somePort();
    const folder = join(project.folder, ".wrangler", "moor", `dev-${port}`, "redis", "appendonlydir");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "appendonly.aof.manifest"), "nonsense\n");
    const running = await fronting(project, [await startServer("one")], port);
    expect(await running.ended()).toEqual({ code: 1, signal: null });
    expect(running.output.stderr).toMatch(/^moor dev: redis-server does not start:$/m);
    await nothingIsLeft(running);
  });
});

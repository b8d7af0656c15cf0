/** @needs redis-server */
/** @quick */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startLocalRedis } from "../../../bin/local-redis/local-redis.ts";
import { run, startRedis } from "./rest.ts";

let folder: string;
let atEnd: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "moor-redis-test-"));
  atEnd = [() => rm(folder, { recursive: true, force: true })];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of atEnd.reverse()) await end();
});

async function start(options?: Parameters<typeof startRedis>[0]) {
  const redis = await startRedis(options);
  atEnd.push(() => redis.stop());
  return redis;
}

describe("a local Redis", () => {
  it("with a folder loses nothing that it has acknowledged when it is killed in the middle of writes", async () => {
    const redis = await start({ folder: join(folder, "data") });
    const acknowledged: string[] = [];
    let isKilled = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; !isKilled; i++) {
        const key = `${writer}-${i}`;
        await run(redis, "SET", key, key).then(() => acknowledged.push(key));
        if (acknowledged.length === 400) void redis.kill().then(() => (isKilled = true));
      }
    });
    await Promise.allSettled(writers);
    expect(acknowledged.length).toBeGreaterThanOrEqual(400);
    await redis.restart();
    expect(await run(redis, "MGET", ...acknowledged)).toEqual(acknowledged);
    expect(await run(redis, "CONFIG", "GET", "appendfsync")).toEqual(["appendfsync", "always"]);
  });

  it("finds the data that an earlier Redis kept in the folder, and leaves the folder when it is stopped", async () => {
    const first = await start({ folder });
    await run(first, "SET", "key", "value");
    await first.stop();
    const second = await start({ folder });
    expect(await run(second, "GET", "key")).toBe("value");
  });

  it("without a folder is empty after a restart, on the same socket", async () => {
    const redis = await start();
    await run(redis, "SET", "key", "value");
    const before = await run(redis, "INFO", "server");
    await redis.restart();
    expect(await run(redis, "GET", "key")).toBe(null);
    expect(await run(redis, "INFO", "server")).not.toBe(before);
  });

  it("without a folder keeps its data over a kill, if that is asked for, and deletes it at the end", async () => {
    const redis = await start({ survivesKill: true });
    await run(redis, "SET", "key", "value");
    await redis.kill();
    await redis.restart();
    expect(await run(redis, "GET", "key")).toBe("value");
    const [, folder] = (await run(redis, "CONFIG", "GET", "dir")) as [string, string];
    await redis.stop();
    expect(existsSync(folder)).toBe(false);
  });

  it("has a socket and a token of its own", async () => {
    const [one, other] = await Promise.all([start(), start()]);
    expect(one.token).not.toBe(other.token);
    expect(one.token).toMatch(/^[\w-]{43}$/);
    expect(one.socket).not.toBe(other.socket);
  });

  it.each([undefined, "data"])("with data in %s is reached by its own user alone, at no port", async (data) => {
    const redis = await start(data === undefined ? {} : { folder: join(folder, data) });
    expect((await stat(dirname(redis.socket))).mode & 0o777).toBe(0o700);
    expect(await run(redis, "INFO", "server")).toContain("tcp_port:0\r\n");
    expect(await run(redis, "CONFIG", "GET", "unixsocket")).toEqual(["unixsocket", redis.socket]);
  });

  it("leaves no process and no file when it is stopped", async () => {
    const before = await children();
    const started = async () => (await children()).filter((pid) => !before.includes(pid));
    const redis = await start();
    expect(await started()).toHaveLength(2);
    const [, data] = (await run(redis, "CONFIG", "GET", "dir")) as [string, string];
    expect(existsSync(data)).toBe(true);
    await redis.restart();
    await redis.stop();
    await expect.poll(started).toEqual([]);
    expect(existsSync(data)).toBe(false);
    await expect(redis.restart()).rejects.toThrow("stopped for good");
    await redis.stop();
    expect(await started()).toEqual([]);
  });

  it("ends with its process, even when that is killed", async () => {
    const module = new URL("../../../bin/local-redis/local-redis.ts", import.meta.url);
    const code = `const { startLocalRedis } = await import("${module}");
      console.log((await startLocalRedis({ folder: process.argv[1] })).socket);`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", code, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [path] = await once(parent.stdout, "data");
    const socket = createConnection(String(path).trim());
    await once(socket, "connect");
    parent.kill("SIGKILL");
    await Promise.allSettled([finished(socket.resume())]);
  });

  it("leaves no file when its process exits without having stopped it", async () => {
    const module = new URL("../../../bin/local-redis/local-redis.ts", import.meta.url);
    const code = `const { startLocalRedis } = await import("${module}");
      await startLocalRedis();
      process.exit();`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      env: { ...process.env, TMPDIR: folder },
      stdio: ["ignore", "ignore", "inherit"],
    });
    await once(parent, "exit");
    expect(await readdir(folder)).toEqual([]);
  });

  it("does not start where there is no redis-server, and nothing is left of the attempt", async () => {
    vi.stubEnv("PATH", folder);
    vi.stubEnv("TMPDIR", folder);
    expect(await startLocalRedis()).toBe(undefined);
    expect(await readdir(folder)).toEqual([]);
  });

  it("that does not start says why", async () => {
    await mkdir(join(folder, "appendonlydir"));
    await writeFile(join(folder, "appendonlydir", "appendonly.aof.manifest"), "nonsense\n");
    const message = expect.stringMatching(/^redis-server does not start:\n(.|\n)*manifest/);
    await expect(startLocalRedis({ folder })).rejects.toMatchObject({ code: "start", message });
  });
});

/** The processes that this process has started. */
async function children(): Promise<string[]> {
  return (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, "utf8")).split(" ").filter(Boolean);
}

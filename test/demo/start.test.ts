import { once } from "node:events";
import { mkdtemp, readdir, realpath, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { needs } from "../support/node/packages.ts";
import { alive, remaining, runningProcesses } from "../support/node/processes.ts";
import { type Demo, runNpmStart, startDemo } from "./npm-start.ts";

/** The process of an origin server. */
async function originProcess(demo: Demo, id: string): Promise<number> {
  const own = await demo.processes();
  const found = (await runningProcesses()).find(
    ({ pid, command }) => own.includes(pid) && command.includes(`shop.ts ${id} `),
  );
  if (!found) throw new Error(`no process of origin ${id}`);
  return found.pid;
}

/** A demonstration that ends with its test, even if the test fails. */
async function demoOfTest(until?: RegExp, env?: NodeJS.ProcessEnv): Promise<Demo> {
  const demo = await startDemo(until, env);
  onTestFinished(() => demo.interrupt());
  return demo;
}

/** A folder that is removed with the test. */
async function folderOfTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "moor-start-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A `PATH` with only the programs that `npm start` needs. */
async function barePath(): Promise<string> {
  const folder = await folderOfTest();
  for (const name of ["npm", "node", "sh"]) {
    const found = (process.env.PATH ?? "").split(delimiter).map((place) => realpath(join(place, name)));
    await symlink(await Promise.any(found), join(folder, name));
  }
  return folder;
}

describe("npm start", () => {
  it("says where each part is, and Ctrl-C ends every process", needs("redis-server"), async () => {
    const demo = await demoOfTest();
    const terminal = demo.terminal();
    for (const id of ["a", "b", "c"])
      expect(terminal).toMatch(new RegExp(`^origin ${id} +http://127.0.0.1:\\d+$`, "m"));
    expect(terminal).toMatch(/^Provider +http:\/\/127\.0\.0\.1:\d+$/m);
    expect(terminal).toMatch(/^Redis +unix:\/\/\/\S+$/m);
    expect(terminal).toMatch(new RegExp(`^Moor +${demo.url}$`, "m"));
    const processes = await demo.processes();
    for (const part of ["workerd", "redis-server", "demo/provider/provider.ts"])
      expect((await alive(processes)).some((command) => command.includes(part))).toBe(true);
    await demo.interrupt();
    expect(await remaining(processes)).toEqual([]);
    expect(demo.terminal()).not.toMatch(/died|Error/);
  });

  it.each(["npm", "node"] as const)("ends every process when %s gets a SIGTERM", async (to) => {
    const demo = await demoOfTest();
    const processes = await demo.processes();
    await demo.terminate(to);
    expect(await remaining(processes)).toEqual([]);
  });

  it.each(["origin", "Provider", "Redis"])("ends every process on Ctrl-C once %s is told", async (told) => {
    const folder = await folderOfTest();
    const demo = await demoOfTest(new RegExp(`^${told}`, "m"), { TMPDIR: folder });
    const processes = await demo.processes();
    await demo.interrupt();
    expect(await remaining(processes)).toEqual([]);
    // A Redis that was still starting has its folder there.
    const late = async () => (await runningProcesses()).filter((process) => process.folder.startsWith(folder));
    await expect.poll(late).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.startsWith("moor-"))).toEqual([]);
  });

  it("reports in one line that there is no redis-server, and how to get it", async () => {
    const demo = await demoOfTest(undefined, { PATH: await barePath() });
    expect(demo.terminal()).toMatch(
      /^Redis +off: there is no redis-server on the PATH; .*: apt-get install redis-server$/m,
    );
    expect(demo.terminal()).toMatch(
      /^memcached +off: there is no memcached on the PATH; .*: apt-get install memcached$/m,
    );
    const page = await (await fetch(demo.url)).text();
    expect(page).toMatch(/value="memcached" class="none" disabled>memcached<small>there is no memcached on the PATH/);
    expect(page).toMatch(/value="redis" class="none" disabled>Redis<small>there is no redis-server on this machine/);
    expect(page).toContain("there is no redis-server on this machine");
    expect(page).toContain('action="/.demo/objects"');
    expect(page).not.toContain('action="/.demo/redis"');
    expect((await alive(await demo.processes())).join()).not.toContain("redis-server");
  });

  it("reports when an origin dies by itself, and starts the last origin again after 10 seconds", async () => {
    const demo = await demoOfTest();
    for (const id of ["a", "b", "c"]) {
      process.kill(await originProcess(demo, id), "SIGKILL");
      await demo.shows(new RegExp(`^origin ${id} +died by itself \\(SIGKILL\\)$`, "m"));
    }
    await demo.shows(/^origin c +was the last one: it starts again in 10 seconds$/m);
    expect((await fetch(demo.url)).status).toBeGreaterThanOrEqual(502);
    await demo.shows(/in 10 seconds.*\norigin c +http/s);
    expect(await (await fetch(demo.url)).text()).toContain("Server C answered");
  });

  it("refuses a port that is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await runNpmStart("--port", String(port));
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^npm start: port ${port} is taken.*\\n$`));
    server.close();
  });

  it.each([
    [["--port", "http"], '--port: found "http", accepted: 1 to 65535'],
    [["--port", "0"], '--port: found "0", accepted: 1 to 65535'],
    [["--port", "65536"], '--port: found "65536", accepted: 1 to 65535'],
    [["--ports", "1"], "--ports"],
    [["8787"], '"8787"'],
  ])("refuses %j in one line", async (args, found) => {
    const { code, stderr } = await runNpmStart(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^npm start: .*\n$/);
    expect(stderr).toContain(found);
  });
});

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { alive, type Demo, remaining, runNpmStart, startDemo } from "./npm-start.ts";

/** The process of an origin server. */
async function originProcess(demo: Demo, id: string): Promise<number> {
  for (const pid of await demo.processes()) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes(`shop.ts\0${id}\0`)) return pid;
  }
  throw new Error(`no process of origin ${id}`);
}

/** A demonstration that ends with its test, whatever becomes of it. */
async function demoOfTest(until?: RegExp): Promise<Demo> {
  const demo = await startDemo(until);
  onTestFinished(() => demo.interrupt());
  return demo;
}

describe("npm start", () => {
  it("says where each part is, and Ctrl-C ends every process", async () => {
    const demo = await demoOfTest();
    const terminal = demo.terminal();
    for (const id of ["a", "b", "c"])
      expect(terminal).toMatch(new RegExp(`^origin ${id} +http://127.0.0.1:\\d+$`, "m"));
    expect(terminal).toMatch(new RegExp(`^Moor +${demo.url}$`, "m"));
    const processes = await demo.processes();
    expect((await alive(processes)).some((name) => name.includes("workerd"))).toBe(true);
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

  it("ends every process on Ctrl-C while it is still starting", async () => {
    const demo = await demoOfTest(/^origin/m);
    const processes = await demo.processes();
    await demo.interrupt();
    expect(await remaining(processes)).toEqual([]);
  });

  it("tells when an origin dies by itself, and starts the last one again after 10 seconds", async () => {
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

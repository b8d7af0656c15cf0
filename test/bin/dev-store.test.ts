/** @needs postgresql redis-server memcached */
import { chmod } from "node:fs/promises";
import { describe, expect, it, onTestFinished } from "vitest";

import { startOrigin } from "../support/node/origins.ts";
import { freePort } from "../support/node/ports.ts";
import { createProject, type Project, type Running } from "./project.ts";

/** Started by root, Postgres runs as another user, who must be able to enter the folder. */
async function createOpenProject(): Promise<Project> {
  const project = await createProject();
  await chmod(project.folder, 0o755);
  return project;
}

async function origin() {
  const started = await startOrigin("a");
  onTestFinished(() => started.kill());
  return started.url;
}

async function ready(running: Running): Promise<number> {
  return Number((await running.line(/^ready http:\/\/localhost:(\d+)$/m))[1]);
}

/** Starts `moor dev`, has a visitor fill their basket, and returns the visitor with what they are shown. */
async function shopped(project: Project, args: string[]) {
  const running = project.start(["dev", ...args]);
  const port = await ready(running);
  const get = async (path: string, cookie = "", method = "GET") => {
    const response = await fetch(`http://localhost:${port}${path}`, { method, headers: { Cookie: cookie } });
    // A browser keeps several cookies only if its sessions are there.
    const set = response.headers.getSetCookie().filter((line) => !line.includes("Max-Age=0"));
    const name = set.map((line) => line.split(";")[0]).join("; ");
    const { session } = (await response.json()) as { session: { data?: object } };
    return { cookie: name || cookie, data: session.data, explain: response.headers.get("Server-Timing") };
  };
  const first = await get("/");
  const changed = await get("/?set=basket:tea", first.cookie, "POST");
  return { running, get, cookie: changed.cookie };
}

describe("moor dev --store", () => {
  it.each(["redis", "redis-tcp", "postgres", "memcached", "cookie"])(
    "keeps sessions in a %s that it runs, and ends it",
    async (store) => {
      const project = await createOpenProject();
      const { running, get, cookie } = await shopped(project, [
        "--origin",
        await origin(),
        "--port",
        "0",
        "--store",
        store,
      ]);
      expect((await get("/", cookie)).data).toEqual({ basket: "tea" });
      expect(running.output.stdout).toMatch(new RegExp(`^${store} `, "m"));
      running.process.kill("SIGINT");
      expect(await running.ended()).toEqual({ code: 0, signal: null });
      expect(await running.left()).toEqual([]);
    },
  );

  it("finds the sessions in Postgres again after a restart", async () => {
    const project = await createOpenProject();
    const args = ["--origin", await origin(), "--port", String(await freePort()), "--store", "postgres"];
    const before = await shopped(project, args);
    before.running.process.kill("SIGINT");
    await before.running.ended();
    const after = project.start(["dev", ...args]);
    const port = await ready(after);
    const response = await fetch(`http://localhost:${port}/`, { headers: { Cookie: before.cookie } });
    expect(await response.json()).toMatchObject({ session: { data: { basket: "tea" } } });
  });

  it("refuses a store that it cannot run, and a configuration that needs more than the store keeps", async () => {
    const project = await createOpenProject();
    expect(await project.run("dev", "--store", "mysql")).toMatchObject({
      code: 2,
      stderr: 'moor dev: --store: found "mysql", accepted: redis, redis-tcp, postgres, memcached, cookie\n',
    });
    const config = `{ pools: [{ id: "a", origins: [{ id: "a", url: "https://a.example.com" }] }], principals: {} }`;
    await project.write("moor.config.ts", `export default ${config};`);
    const { code, stderr } = await project.run("dev", "--port", "0", "--store", "memcached");
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("--store memcached: principals: found an object, accepted: nothing"),
    ]);
  });
});

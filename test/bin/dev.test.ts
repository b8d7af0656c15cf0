import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missingPackages } from "../support/node/packages.ts";
import { complaints, createVisitor, fronting, nothingIsLeft, readyUrl, somePort, startServer } from "./moor-dev.ts";
import { createProject } from "./project.ts";

async function isOpen(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const opened = once(socket, "connect").then(
    () => true,
    () => false,
  );
  return opened.finally(() => socket.destroy());
}

/** The processes that run when it answers. */
const theProcesses = [
  expect.stringContaining("workerd"),
  ...(missingPackages(["redis-server"]).length === 0 ? [expect.stringMatching(/^redis-server /)] : []),
];

describe("moor dev --origin", () => {
  it("fronts servers that already run, and keeps a visitor on one server", async () => {
    const project = await createProject();
    const servers = [await startServer("one"), await startServer("two")];
    const running = await fronting(project, servers);
    const url = await readyUrl(running);
    const origins = servers.map((server) => `origin local/127.0.0.1-${new URL(server).port} ${server}\n`).join("");
    const [redis] = await running.line(/^redis .+\n/m);
    expect(running.output.stdout).toBe(`${origins}${redis}ready ${url}\n`);
    const names = new Set<string>();
    for (let visitor = 0; visitor < 12; visitor++) {
      const ask = createVisitor();
      const first = await ask(`${url}/visit`);
      expect(first.session).toMatchObject({ iss: url, aud: "local" });
      for (let again = 0; again < 3; again++) {
        expect(await ask(`${url}/`)).toMatchObject({ name: first.name, session: { data: { visited: first.name } } });
      }
      names.add(first.name);
    }
    expect([...names].sort()).toEqual(["one", "two"]);
    expect(complaints(running)).toBe("");
  });

  it("keeps sessions over a restart on the same port, whatever the order of the servers", async () => {
    const project = await createProject();
    const servers = [await startServer("one"), await startServer("two")];
    const port = await somePort();
    const ask = createVisitor();
    const before = await fronting(project, servers, port);
    const { name } = await ask(`${await readyUrl(before)}/visit`);
    const { session } = await ask(`http://localhost:${port}/`);
    before.process.kill("SIGTERM");
    await before.ended();
    const after = await fronting(project, servers.toReversed(), port);
    expect(await ask(`${await readyUrl(after)}/`)).toMatchObject({
      name,
      session: { sid: session.sid, data: { visited: name } },
    });
  });
});

describe("moor dev", () => {
  it("fronts the origins of a configuration file", async () => {
    const project = await createProject();
    const server = await startServer("one");
    await project.write(
      "moor.config.ts",
      `export default { pools: [{ id: "shop", origins: [{ id: "a", url: "${server}" }] }] };`,
    );
    const running = project.start(["dev", "--port", "0"]);
    const answer = await createVisitor()(`${await readyUrl(running)}/`);
    expect(answer).toMatchObject({ name: "one", session: { aud: "shop" } });
    expect(running.output.stdout).toContain(`origin shop/a ${server}\n`);
  });

  it("reports the events of sessions to the hook of moor.config.ts", async () => {
    const project = await createProject();
    const server = await startServer("one");
    await project.write(
      "moor.config.ts",
      `export default {
        pools: [{ id: "shop", origins: [{ id: "a", url: "${server}" }] }],
        events: async ({ kind, session, at }) => console.log("the hook was told:", kind, session, typeof at),
      };`,
    );
    const running = project.start(["dev", "--port", "0"]);
    const ask = createVisitor();
    const url = await readyUrl(running);
    await ask(`${url}/visit`);
    const { session } = await ask(`${url}/`);
    const told = new RegExp(`^the hook was told: created ${session.sid?.slice(0, 8)} number$`, "m");
    await expect.poll(() => running.output.stderr).toMatch(told);
  });

  it("takes the admin's token from its environment, and demands it where there could be no other admin", async () => {
    const project = await createProject();
    const server = await startServer("one");
    await project.write(
      "moor.config.ts",
      `export default { pools: [{ id: "shop", origins: [{ id: "a", url: "${server}" }] }], principals: {}, admin: {} };`,
    );
    const refused = await project.run("dev", "--port", "0");
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^moor dev: admin: found no MOOR_ADMIN_TOKEN in the environment, accepted: one, as in /,
    );
    const token = "0123456789abcdef0123456789abcdef";
    const running = project.start(["dev", "--port", "0"], { variables: { MOOR_ADMIN_TOKEN: token } });
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(`${await readyUrl(running)}/.moor/admin/sessions/count?principal=alice`, { headers });
    expect([answer.status, await answer.json()]).toEqual([200, { count: 0 }]);
    expect(running.output.stderr + running.output.stdout).not.toContain(token);
  });

  it("runs the scheduled handler of the Worker, for the first time when it starts", async () => {
    const project = await createProject();
    await project.write(
      "src/worker.ts",
      `export { PrincipalObject } from "./objects/principal/principal-object.ts";
       export { SessionObject } from "./objects/session/session-object.ts";
       export { PoolObject } from "./objects/pool/pool-object.ts";
       export default { fetch: () => new Response("ok"), scheduled: ({ cron }) => console.log("scheduled", cron) };`,
    );
    const running = await fronting(project, [await startServer("one")]);
    await readyUrl(running);
    await expect.poll(() => running.output.stderr).toBe("scheduled * * * * *\n");
  });

  it("shows and changes only the data that is stored at its port", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    const url = await readyUrl(running);
    for (const path of ["", "/api/storage/kv/namespaces", "/api/workers/durable_objects/namespaces"]) {
      expect(await createVisitor()(`${url}/cdn-cgi/local/explorer${path}`)).toMatchObject({ name: "one" });
    }
  });

  it("prints the Worker's log on stderr", async () => {
    const project = await createProject();
    const running = await fronting(project, [`http://127.0.0.1:${await somePort()}`]);
    const response = await fetch(await readyUrl(running));
    expect(response.status).toBe(502);
    await expect.poll(() => running.output.stderr).toMatch(/^\{"event":"origin_failed",.+\}$/m);
  });

  it("tells every mistake of a configuration on stderr and does not start", async () => {
    const project = await createProject();
    await project.write("moor.config.ts", `export default { pools: [{ id: "A b", origins: [] }] };`);
    expect(await project.run("dev")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: `moor dev: moor.config.ts: pools[0].id: found "A b", accepted: 1 to 64 of a-z 0-9 . _ -
moor dev: moor.config.ts: pools[0].origins: found an empty list, accepted: a list of at least one origin
`,
    });
  });

  it("tells that its port is taken", async () => {
    const project = await createProject();
    const server = await startServer("one");
    const { port } = new URL(server);
    expect(await project.run("dev", "--origin", server, "--port", port)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: `moor dev: port ${port} is taken on 127.0.0.1, choose another\n`,
    });
  });

  it("tells that its keys are damaged", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await readyUrl(running);
    running.process.kill("SIGINT");
    await running.ended();
    await project.write(".wrangler/moor/keys.json", "{}");
    expect(await project.run("dev", "--port", "0")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^moor dev: \.wrangler\/moor\/keys\.json is damaged; delete it for new keys .+\n$/),
    });
  });

  it("reports in one line that the Worker does not start", async () => {
    const project = await createProject();
    await project.write("src/moor.ts", 'import "./nowhere.ts"; export function createMoor() {}');
    const running = await fronting(project, [await startServer("one")]);
    expect(await running.ended()).toEqual({ code: 1, signal: null });
    expect(running.output.stderr).toMatch(/^moor dev: the Worker does not start: Build failed/m);
    expect(running.output.stderr).toContain("nowhere.ts");
    await nothingIsLeft(running);
  });
});

describe("the end of moor dev", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "comes with %s, with exit code 0 and nothing left",
    async (signal) => {
      const project = await createProject();
      const running = await fronting(project, [await startServer("one")]);
      const url = await readyUrl(running);
      const stream = await fetch(`${url}/stream`);
      expect(await running.left()).toEqual(expect.arrayContaining(theProcesses));
      running.process.kill(signal);
      expect(await running.ended()).toEqual({ code: 0, signal: null });
      await stream.text().catch(() => undefined);
      await nothingIsLeft(running);
      expect(await isOpen(url)).toBe(false);
      expect(complaints(running)).toBe("");
    },
  );

  it("comes with a Ctrl-C of the terminal, which every process of the group gets", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await readyUrl(running);
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    await nothingIsLeft(running);
    expect(complaints(running)).toBe("");
  });

  it.each(["origin", "redis"])("comes with a Ctrl-C when no more than the line of %s is told", async (told) => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await running.line(new RegExp(`^${told} `, "m"));
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    await nothingIsLeft(running);
    expect(await readdir(join(project.folder, "tmp"))).toEqual([]);
    expect(running.output.stdout).not.toContain("ready");
  });

  it("comes with a Ctrl-C while the runtime starts", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await expect.poll(running.left, { interval: 1 }).toEqual(expect.arrayContaining(theProcesses));
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    await nothingIsLeft(running);
  });

  it("comes with a SIGTERM to npm, which npm does not pass on", async () => {
    const project = await createProject();
    const args = ["dev", "--port", "0", "--origin", await startServer("one")];
    const running = project.start(args, { npm: true });
    const url = await readyUrl(running);
    running.process.kill("SIGTERM");
    await running.ended();
    await nothingIsLeft(running);
    expect(await isOpen(url)).toBe(false);
  });
});

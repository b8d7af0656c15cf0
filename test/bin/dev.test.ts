import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createProject, type Project, type Running } from "./project.ts";

/** A server of somebody else: says who it is, counts visits in the session, and never ends `/stream`. */
async function startServer(name: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/stream") return void response.write("first");
    if (request.url === "/visit") response.setHeader("Moor-Patch", JSON.stringify({ visited: name }));
    const [, claims = ""] = String(request.headers["moor-session"]).split(".");
    response.end(JSON.stringify({ name, session: JSON.parse(Buffer.from(claims, "base64url").toString()) as unknown }));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Answer {
  name: string;
  session: { iss: string; aud: string; sid?: string; data?: unknown };
}

/** Asks as one visitor would, who keeps his cookies. */
function createVisitor() {
  let cookie = "";
  return async (url: string): Promise<Answer> => {
    const response = await fetch(url, { headers: { cookie } });
    for (const line of response.headers.getSetCookie()) cookie = line.slice(0, line.indexOf(";"));
    return (await response.json()) as Answer;
  };
}

async function readyUrl(running: Running): Promise<string> {
  const [, url = ""] = await running.line(/^ready (http:\/\/localhost:\d+)$/m);
  return url;
}

/** A port that was free a moment ago. */
async function somePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

async function isOpen(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const opened = once(socket, "connect").then(
    () => true,
    () => false,
  );
  return opened.finally(() => socket.destroy());
}

async function fronting(project: Project, servers: string[], port = "0"): Promise<Running> {
  return project.start(["dev", "--port", port, ...servers.flatMap((url) => ["--origin", url])]);
}

describe("moor dev --origin", () => {
  it("fronts servers that already run, and keeps a visitor on one of them", async () => {
    const project = await createProject();
    const servers = [await startServer("one"), await startServer("two")];
    const running = await fronting(project, servers);
    const url = await readyUrl(running);
    expect(running.output.stdout).toBe(
      `${servers.map((server) => `origin local/127.0.0.1-${new URL(server).port} ${server}\n`).join("")}ready ${url}\n`,
    );
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
    expect(running.output.stderr).toBe("");
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

  it("prints what the Worker logs on stderr", async () => {
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
    const { code, stderr } = await project.run("dev", "--origin", server, "--port", port);
    expect({ code, stderr }).toEqual({
      code: 2,
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

  it("tells in one line that the Worker does not start", async () => {
    const project = await createProject();
    await project.write("src/moor.ts", 'import "./nowhere.ts"; export function createMoor() {}');
    const running = await fronting(project, [await startServer("one")]);
    expect(await running.ended()).toEqual({ code: 1, signal: null });
    expect(running.output.stderr).toMatch(/^moor dev: the Worker does not start: Build failed/m);
    expect(running.output.stderr).toContain("nowhere.ts");
    expect(await running.left()).toEqual([]);
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
      expect(await running.left()).toEqual(expect.arrayContaining([expect.stringContaining("workerd")]));
      running.process.kill(signal);
      expect(await running.ended()).toEqual({ code: 0, signal: null });
      await stream.text().catch(() => undefined);
      expect(await running.left()).toEqual([]);
      expect(await isOpen(url)).toBe(false);
      expect(running.output.stderr).toBe("");
    },
  );

  it("comes with a Ctrl-C of the terminal, which every process of the group gets", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await readyUrl(running);
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    expect(await running.left()).toEqual([]);
    expect(running.output.stderr).toBe("");
  });

  it("comes with a Ctrl-C before anything has started", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await running.line(/^origin /m);
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    expect(await running.left()).toEqual([]);
    expect(running.output.stdout).not.toContain("ready");
  });

  it("comes with a Ctrl-C while the runtime starts", async () => {
    const project = await createProject();
    const running = await fronting(project, [await startServer("one")]);
    await expect
      .poll(running.left, { interval: 1, timeout: 30_000 })
      .toEqual(expect.arrayContaining([expect.stringContaining("workerd")]));
    process.kill(-(running.process.pid ?? 0), "SIGINT");
    expect(await running.ended()).toEqual({ code: 0, signal: null });
    expect(await running.left()).toEqual([]);
  });

  it("comes with a SIGTERM to npm, which npm does not pass on", async () => {
    const project = await createProject();
    const args = ["dev", "--port", "0", "--origin", await startServer("one")];
    const running = project.start(args, { npm: true });
    const url = await readyUrl(running);
    running.process.kill("SIGTERM");
    await running.ended();
    await expect.poll(() => running.left(), { timeout: 10_000 }).toEqual([]);
    expect(await isOpen(url)).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { createVisitor, readyUrl, somePort, startServer } from "./moor-dev.ts";
import { createProject, type Project } from "./project.ts";

/** A configuration of one origin, which comes from a file that the configuration imports. */
async function write(project: Project, pool: string, server: string): Promise<void> {
  await project.write("origins.ts", `export const origins = [{ id: "a", url: "${server}" as string }];`);
  await project.write(
    "moor.config.ts",
    `import { origins } from "./origins.ts";
     export default { pools: [{ id: "${pool}", origins }] };`,
  );
}

describe("moor dev", () => {
  it("reloads a changed moor.config.ts, keeps sessions, goes on with the earlier one after a mistake, and does none of that with --no-watch", async () => {
    const project = await createProject();
    const [one, two] = [await startServer("one"), await startServer("two")];
    await write(project, "shop", one);
    const port = await somePort();
    const running = project.start(["dev", "--port", port]);
    const unwatched = project.start(["dev", "--port", "0", "--no-watch"]);
    const [url, unwatchedUrl] = await Promise.all([readyUrl(running), readyUrl(unwatched)]);
    const ask = createVisitor();
    await ask(`${url}/visit`);
    const { session } = await ask(url);

    await project.write("moor.config.ts", "export default { pools: [] };");
    await expect.poll(() => running.output.stderr, { timeout: 30_000 }).toContain("the earlier configuration stays\n");
    expect(running.output.stderr).toContain(
      "moor dev: moor.config.ts: pools: found an empty list, accepted: a list of at least one pool\n",
    );
    expect(await ask(url)).toMatchObject({ name: "one", session: { aud: "shop", sid: session.sid } });

    await write(project, "store", one);
    await running.line(/^reloaded moor\.config\.ts$/m);
    expect(await ask(url)).toMatchObject({ name: "one", session: { aud: "store", sid: session.sid } });

    await project.write("origins.ts", `export const origins = [{ id: "a", url: "${two}" }];`);
    await running.line(/reloaded moor\.config\.ts\n[\s\S]*reloaded moor\.config\.ts\n/);
    expect(await ask(url)).toMatchObject({ name: "two", session: { aud: "store", sid: session.sid } });
    expect(await createVisitor()(unwatchedUrl)).toMatchObject({ name: "one", session: { aud: "shop" } });
    expect(unwatched.output.stdout).not.toContain("reloaded");
  });

  it.each([
    [["--watch", "--no-watch"], "either --watch or --no-watch, not both"],
    [["--watch", "--origin", "http://127.0.0.1:1"], "--watch: with --origin there is no file to watch"],
  ])("refuses %j", async (flags, message) => {
    const project = await createProject();
    expect(await project.run("dev", ...flags)).toMatchObject({ code: 2, stderr: `moor dev: ${message}\n` });
  });
});

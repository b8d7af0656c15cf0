import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import { startServer } from "./started.ts";

/** A real Varnish (Debian: varnish). */
export interface RunningVarnish {
  readonly name: string;
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts Varnish in front of a server on this machine.
 *
 * @param port the port of that server.
 * @param vcl its rules besides the backend. Default: those that are built in.
 */
export async function startVarnish(port: number, vcl = ""): Promise<RunningVarnish> {
  const folder = await mkdtemp(join(tmpdir(), "moor-varnish-"));
  const file = join(folder, "default.vcl");
  await writeFile(file, `vcl 4.1;\nbackend default { .host = "127.0.0.1"; .port = "${port}"; }\n${vcl}\n`);
  const own = await freePort();
  // Without a jail it needs no users of its own, also as root.
  const command = ["varnishd", "-j", "none", "-F", "-n", folder, "-a", `127.0.0.1:${own}`, "-f", file];
  const varnish = await startServer([...command, "-s", "malloc,16m", "-T", "none"], own, { needs: "varnish" });
  return {
    name: "varnish",
    url: `http://127.0.0.1:${own}`,
    async stop() {
      await varnish.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

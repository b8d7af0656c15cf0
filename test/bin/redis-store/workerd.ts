import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../support/node/ports.ts";

/** A Worker of the tests' own in plain workerd. */
export interface RunningWorker {
  readonly url: string;
  /** The lines that it has logged. */
  readonly logged: string[];
  stop(): Promise<void>;
}

const COMPATIBILITY_DATE = "2026-10-23";
const workerdPath = createRequire(import.meta.url)("workerd").default as string;

/** Builds a Worker as a deploy would, and starts it in `workerd serve`. */
export async function startWorker(main: string): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), "moor-test-worker-"));
  await build(main, folder);
  const port = await freePort();
  await writeFile(join(folder, "config.capnp"), capnp(port));
  const logged: string[] = [];
  const workerd = spawn(workerdPath, ["serve", join(folder, "config.capnp")], { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [workerd.stdout, workerd.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => logged.push(...text.split("\n").filter(Boolean)));
  }
  const url = `http://127.0.0.1:${port}`;
  await untilItAnswers(url, workerd, logged);
  return {
    url,
    logged,
    async stop() {
      workerd.kill("SIGKILL");
      if (workerd.exitCode === null && workerd.signalCode === null) await once(workerd, "exit");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function build(main: string, folder: string): Promise<void> {
  const toml = join(folder, "wrangler.toml");
  const lines = [
    'name = "test"',
    `main = ${JSON.stringify(resolve(main))}`,
    `compatibility_date = "${COMPATIBILITY_DATE}"`,
  ];
  await writeFile(toml, lines.join("\n"));
  const wrangler = join("node_modules", "wrangler", "bin", "wrangler.js");
  await promisify(execFile)(process.execPath, [wrangler, "deploy", "--dry-run", "-c", toml, "--outdir", folder], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
}

async function untilItAnswers(url: string, workerd: ChildProcess, logged: readonly string[]): Promise<void> {
  const endsAt = Date.now() + 60_000;
  while (Date.now() < endsAt && workerd.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  workerd.kill("SIGKILL");
  throw new Error(`workerd did not start:\n${logged.join("\n")}`);
}

function capnp(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${COMPATIBILITY_DATE}",
    )),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
);
`;
}

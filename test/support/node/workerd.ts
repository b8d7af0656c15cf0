import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { inject } from "vitest";
import workerdPath from "workerd";
import type { MoorConfig } from "../../../src/config/types.ts";
import { freePort } from "./ports.ts";
import { type TestKeys, testKeys } from "./test-keys.ts";

/** Moor in plain workerd. */
export interface RunningMoor {
  readonly port: number;
  /** The keys that it signs with, to forge and to check with. */
  readonly keys: TestKeys;
  /** The lines it has logged. */
  readonly logged: string[];
  /** Ends the process as a crash would, and starts another on the same storage. */
  crashAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

/** The `iss` of the handoffs of a running Moor. */
export const TEST_ISSUER = "https://shop.test";

/** Starts the built Worker in `workerd serve`: real sockets, objects on disk, https by `X-Forwarded-Proto`. */
export async function startMoor(config: MoorConfig): Promise<RunningMoor> {
  const folder = await mkdtemp(join(tmpdir(), "moor-workerd-"));
  const port = await freePort();
  const keys = await testKeys();
  await mkdir(join(folder, "objects"));
  await writeFile(join(folder, "config.capnp"), capnp({ folder, port, config, keys }));
  const logged: string[] = [];
  let workerd = await run(folder, port, logged);

  return {
    port,
    keys,
    logged,
    async crashAndRestart() {
      await end(workerd, "SIGKILL");
      workerd = await run(folder, port, logged);
    },
    async stop() {
      await end(workerd, "SIGTERM");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function run(folder: string, port: number, logged: string[]): Promise<ChildProcess> {
  const workerd = spawn(workerdPath, ["serve", join(folder, "config.capnp")], { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [workerd.stdout, workerd.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => logged.push(...text.split("\n").filter(Boolean)));
  }
  const endsAt = Date.now() + 10_000;
  while (Date.now() < endsAt) {
    if (workerd.exitCode !== null) break;
    const answer = await fetch(`http://127.0.0.1:${port}/.moor/jwks.json`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return workerd;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  workerd.kill("SIGKILL");
  throw new Error(`workerd did not start:\n${logged.join("\n")}`);
}

async function end(process: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, "exit");
  process.kill(signal);
  await exited;
}

function capnp(options: { folder: string; port: number; config: MoorConfig; keys: TestKeys }): string {
  const { folder, port, config, keys } = options;
  const text = (name: string, value: string) => `(name = "${name}", text = ${JSON.stringify(value)})`;
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "moor", worker = (
      modules = [(name = "worker.js", esModule = embed "${relative(folder, inject("workerFile"))}")],
      compatibilityDate = "2026-10-23",
      durableObjectNamespaces = [(className = "SessionObject", uniqueKey = "session-object", enableSql = true)],
      durableObjectStorage = (localDisk = "objects"),
      bindings = [
        (name = "SESSION_OBJECT", durableObjectNamespace = "SessionObject"),
        ${text("MOOR_CONFIG", JSON.stringify(config))},
        ${text("MOOR_ISSUER", TEST_ISSUER)},
        ${text("MOOR_TOKEN_KEYS", keys.token)},
        ${text("MOOR_HANDOFF_KEYS", keys.handoff)},
      ],
    )),
    (name = "objects", disk = (path = "${join(folder, "objects")}", writable = true)),
    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${port}", http = (forwardedProtoHeader = "X-Forwarded-Proto"), service = "moor"),
  ],
);
`;
}

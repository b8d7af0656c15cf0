import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { inject } from "vitest";
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
  /** The databases of the sessions that are stored, a file each. */
  storedSessions(): Promise<string[]>;
  /** The most memory that the process has held at once. */
  mostResidentBytes(): Promise<number>;
  /** Ends the process as a crash would, and starts another on the same storage. */
  crashAndRestart(whileDown?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** The `iss` of the handoffs of a running Moor. */
export const TEST_ISSUER = "https://shop.test";

const workerdPath = createRequire(import.meta.url)("workerd").default as string;
/** Named by the object's id; beside them workerd keeps a database of its own, for alarms. */
const OBJECT_FILE = /[0-9a-f]{64}\.sqlite$/;

/** Starts the built Worker in `workerd serve`: real sockets, objects on disk, https by `X-Forwarded-Proto`. */
export async function startMoor(config: MoorConfig): Promise<RunningMoor> {
  const folder = await mkdtemp(join(tmpdir(), "moor-workerd-"));
  const port = await freePort();
  const keys = await testKeys();
  const objectsFolder = join(folder, "objects");
  await mkdir(objectsFolder);
  await writeFile(join(folder, "config.capnp"), capnp({ folder, port, config, keys }));
  const logged: string[] = [];
  let workerd = await run(folder, port, logged);

  return {
    port,
    keys,
    logged,
    async storedSessions() {
      const files = await readdir(objectsFolder, { recursive: true });
      return files.filter((file) => OBJECT_FILE.test(file)).map((file) => join(objectsFolder, file));
    },
    async mostResidentBytes() {
      const status = await readFile(`/proc/${workerd.pid}/status`, "utf8");
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    async crashAndRestart(whileDown) {
      await kill(workerd);
      await whileDown?.();
      workerd = await run(folder, port, logged);
    },
    async stop() {
      await kill(workerd);
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

/** At SIGTERM workerd would wait for its connections to end. */
async function kill(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, "exit");
  process.kill("SIGKILL");
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

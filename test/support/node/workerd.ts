import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import type { MoorConfig } from "../../../src/config/types.ts";
import { freePort } from "./ports.ts";
import { type TestKeys, testKeys } from "./test-keys.ts";
import { type RedisAccess, STORED, workerdConfig } from "./workerd-config.ts";

export { TEST_ISSUER } from "./workerd-config.ts";

/** Moor in plain workerd. */
export interface RunningMoor {
  readonly port: number;
  /** The keys that it signs and encrypts with, to forge and to check with. */
  readonly keys: TestKeys;
  /** The lines it has logged. */
  readonly logged: string[];
  /** The databases of the sessions that are stored, a file each. */
  storedSessions(): Promise<string[]>;
  /** The most memory that the process has held at once. */
  mostResidentBytes(): Promise<number>;
  /** What KV holds under a key, as it is stored. */
  valueInKv(key: string): Promise<string | undefined>;
  /** Runs the scheduled handler, as the cron trigger would; rejects if it fails. Resolves when its `waitUntil`s have ended. */
  runScheduled(): Promise<void>;
  /** Ends the process as a crash would, and starts another on the same storage. */
  crashAndRestart(whileDown?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const workerdPath = createRequire(import.meta.url)("workerd").default as string;
/** Named by the object's id; beside them workerd keeps a database of its own, for alarms. */
const OBJECT_FILE = /[0-9a-f]{64}\.sqlite$/;

/**
 * Starts the built Worker in `workerd serve`: real sockets, objects and KV on disk, https by `X-Forwarded-Proto`, `request.cf` by
 * `CF-Blob` (JSON).
 *
 * @param options.redis default: none, the Redis tier is off.
 */
export async function startMoor(config: MoorConfig, options: { redis?: RedisAccess } = {}): Promise<RunningMoor> {
  const folder = await mkdtemp(join(tmpdir(), "moor-workerd-"));
  const ports = { moor: await freePort(), cron: await freePort(), kv: await freePort() };
  const { moor: port } = ports;
  const keys = await testKeys();
  const objectsFolder = join(folder, STORED.objects);
  for (const name of Object.values(STORED)) await mkdir(join(folder, name));
  const files = { worker: inject("workerFile"), platform: inject("platformFile") };
  await writeFile(join(folder, "config.capnp"), workerdConfig({ ...options, folder, files, ports, config, keys }));
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
    async valueInKv(key) {
      const response = await fetch(`http://127.0.0.1:${ports.kv}/${encodeURIComponent(key)}`);
      const value = await response.text();
      return response.ok ? value : undefined;
    },
    async runScheduled() {
      const response = await fetch(`http://127.0.0.1:${ports.cron}`);
      const outcome = await response.text();
      if (!response.ok) throw new Error(`the scheduled handler ended with: ${outcome}`);
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
  // A service binding that runs a scheduled handler is an experimental feature.
  const args = ["serve", "--experimental", join(folder, "config.capnp")];
  const workerd = spawn(workerdPath, args, { stdio: ["ignore", "pipe", "pipe"] });
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

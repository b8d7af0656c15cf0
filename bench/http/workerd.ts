import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endWithThisProcess } from "../../bin/local-redis/end-with-this-process.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { type TestKeys, testKeys } from "../../test/support/node/test-keys.ts";
import { COMPATIBILITY_DATE, type RedisAccess, STORED, workerdConfig } from "../../test/support/node/workerd-config.ts";
import { on } from "./cpus.ts";

/** A Worker in a plain `workerd serve` of its own. */
export interface RunningWorker {
  readonly port: number;
  readonly pid: number;
  /** From its start to its first answer. */
  readonly startMs: number;
  /** Where its inspector listens, if that was asked for. */
  readonly inspectorPort: number;
  /** Lines that it has logged. */
  readonly logged: readonly string[];
  /** The memory that the process holds now. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Moor, with the keys that it signs with. */
export interface RunningMoor extends RunningWorker {
  readonly keys: TestKeys;
}

export interface StartOptions {
  /** Default `false`. */
  readonly inspect?: boolean;
  /** Compatibility flags. Default: none. */
  readonly flags?: readonly string[];
  /** Flags of V8. Default: none. */
  readonly v8Flags?: readonly string[];
  /** Further bindings. Default: none. */
  readonly texts?: Readonly<Record<string, string>> | undefined;
  /** The path that a Worker answers once it is ready. Default `/`. */
  readonly readyPath?: string;
  /** Its status then. Default 200. */
  readonly readyStatus?: number;
  /**
   * A command line that workerd runs under, such as valgrind's. It has a hundred seconds to start then, and no CPU of its own. Default:
   * none.
   */
  readonly under?: readonly string[];
}

const workerdPath = createRequire(import.meta.url)("workerd").default as string;
const START_MS = 10_000;
const START_UNDER_MS = 100_000;

/**
 * Starts the built Moor with everything that `wrangler.toml` binds.
 *
 * @param options.linkPort the port of its entrypoint `Link`, if the Worker has that entrypoint.
 */
export async function startMoor(
  files: { readonly worker: string; readonly platform: string },
  config: MoorConfig,
  options: StartOptions & {
    readonly redis?: RedisAccess | undefined;
    readonly linkPort?: number;
    /** The ports of further isolates of the same process, which share its objects. Default: none. */
    readonly otherPorts?: readonly number[];
  } = {},
): Promise<RunningMoor> {
  const keys = await testKeys();
  const ports = { moor: await freePort(), cron: await freePort(), kv: await freePort(), link: options.linkPort };
  const { redis, texts, v8Flags } = options;
  const others = options.otherPorts?.map((moor) => ({ moor, link: undefined }));
  const text = (folder: string) => workerdConfig({ folder, files, ports, others, config, keys, redis, texts, v8Flags });
  return { ...(await startWorkerd(ports.moor, "/.moor/jwks.json", text, options)), keys };
}

/** Starts a Worker that is put before `origin`, and that may have a Durable Object `Store` as `OBJECT`. */
export async function startWorker(file: string, origin: string, options: StartOptions = {}): Promise<RunningWorker> {
  const port = await freePort();
  const script = JSON.stringify(await readFile(file, "utf8"));
  const hasObject = script.includes("DurableObject");
  const text = (folder: string) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${JSON.stringify(options.v8Flags ?? [])},
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = ${script})],
      compatibilityDate = "${COMPATIBILITY_DATE}",
      compatibilityFlags = ${JSON.stringify(options.flags ?? [])},
      ${hasObject ? OBJECT : ""}
      bindings = [
        ${Object.entries({ ORIGIN: origin, ...options.texts })
          .map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)}),`)
          .join("\n        ")}
        ${hasObject ? '(name = "OBJECT", durableObjectNamespace = "Store"),' : ""}
      ],
    )),
    (name = "${STORED.objects}", disk = (path = "${join(folder, STORED.objects)}", writable = true)),
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:${port}", service = "worker", http = (forwardedProtoHeader = "X-Forwarded-Proto")),
  ],
);
`;
  return startWorkerd(port, options.readyPath ?? "/", text, options);
}

const OBJECT = `durableObjectNamespaces = [(className = "Store", uniqueKey = "store", enableSql = true)],
      durableObjectStorage = (localDisk = "${STORED.objects}"),`;

/**
 * Starts a `workerd serve` with a folder of its own, and waits until it answers.
 *
 * @param configIn makes the configuration for the folder; everything of `STORED` is there.
 */
export async function startWorkerd(
  port: number,
  readyPath: string,
  configIn: (folder: string) => string,
  { inspect = false, readyStatus = 200, under = [] }: StartOptions = {},
): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), "moor-bench-"));
  for (const name of Object.values(STORED)) await mkdir(join(folder, name));
  await writeFile(join(folder, "config.capnp"), configIn(folder));
  const inspectorPort = inspect ? await freePort() : 0;
  const flags = ["--experimental", ...(inspect ? [`-i127.0.0.1:${inspectorPort}`] : [])];
  const isUnder = under.length > 0;
  const mostMs = isUnder ? START_UNDER_MS : START_MS;
  const begunAt = performance.now();
  const serve = [workerdPath, "serve", ...flags, join(folder, "config.capnp")];
  const [command, ...args] = isUnder ? ([...under, ...serve] as [string, ...string[]]) : on("workers", serve);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  if (child.pid !== undefined) endWithThisProcess(child);
  const logged: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => logged.push(...text.split("\n").filter(Boolean)));
  }
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}${readyPath}`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === readyStatus) break;
    if (child.exitCode !== null || performance.now() - begunAt > mostMs) {
      child.kill("SIGKILL");
      throw new Error(`workerd did not start:\n${logged.slice(-20).join("\n")}`);
    }
    await sleep(1);
  }
  const startMs = performance.now() - begunAt;
  return {
    port,
    pid: child.pid as number,
    startMs,
    inspectorPort,
    logged,
    async residentBytes() {
      const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

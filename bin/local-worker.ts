import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { unstable_DevEnv } from "wrangler";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { MoorConfig } from "../src/config/types.ts";
import { CommandError } from "./command.ts";
import type { Keys } from "./keys.ts";
import { runScheduled, startLocalCron } from "./local-cron.ts";
import { readLocalKeys } from "./local-keys.ts";
import { freePort } from "./port.ts";
import { inLocalFolder, inProject } from "./project.ts";
import { keepSignalHandlers } from "./signals.ts";
import { loadWrangler } from "./wrangler.ts";

export interface LocalWorkerOptions {
  config: MoorConfig | ResolvedConfig;
  /** 0: any free port. */
  port: number;
  /** The `iss` of handoffs. Default: the address of the Worker. */
  issuer?: string | undefined;
  /** Whether the Worker sees requests as https. Default `false`. */
  secure?: boolean;
  /**
   * Folder below `.wrangler/moor/` in which sessions outlive a restart. Workers that run at the same time need a folder each.
   * `false` (default): sessions end with the Worker.
   */
  persist?: string | false;
  /** The Worker's entry, relative to the project. Default: the entry of `wrangler.toml`. */
  entry?: string | undefined;
  /** Variables in addition to the variables that every local Worker has. */
  variables?: Readonly<Record<string, string>> | undefined;
  /**
   * The address and token of the Redis that the Worker takes for Upstash. Default: no Redis, so the Worker's Redis tier is off.
   */
  redis?: { readonly url: string; readonly token: string } | undefined;
  /** Receives the log lines of the Worker. Default: a line on stderr. */
  log?: (line: string) => void;
}

/** A Worker on this machine. Its scheduled handler runs each minute. */
export interface LocalWorker {
  /** `http://localhost:PORT`; only this machine reaches it. */
  readonly url: string;
  /**
   * Goes on with another configuration. Requests wait meanwhile, and WebSockets are closed.
   *
   * @throws CommandError of code `start`
   */
  reload(config: LocalWorkerOptions["config"]): Promise<void>;
  /** Ends the Worker and everything that belongs to it. */
  stop(): Promise<void>;
}

const READY_PATH = "/.moor/jwks.json";
const START_MS = 60_000;

/**
 * Runs the Worker of `wrangler.toml` in wrangler's local runtime, with keys that are kept in `.wrangler/moor/keys.json`. Resolves
 * when the Worker answers requests.
 *
 * The caller keeps control of signals. Signal handlers that wrangler installs during the start are removed again, because they
 * would end the process before `stop` has run. A process that exits without `stop` also ends the runtime.
 *
 * @throws CommandError of code `port` (taken), `keys` (the file is damaged), `missing` (wrangler is not installed) or `start` (any
 * other reason).
 */
export async function startLocalWorker(options: LocalWorkerOptions): Promise<LocalWorker> {
  const url = `http://localhost:${await freePort(options.port)}`;
  const keys = await readLocalKeys(inLocalFolder("keys.json"));
  const log = options.log ?? console.error;
  const { unstable_DevEnv: DevEnv } = await loadWrangler();
  const runtime = new DevEnv();
  // This promise also rejects when the start fails, which is reported below.
  runtime.proxy.ready.promise.catch(() => {});
  const given = { ...options, keys, log };
  let worker: Worker;
  try {
    worker = await keepSignalHandlers(() => Promise.race([start(runtime, url, given), failure(runtime), expiry()]));
  } catch (cause) {
    await runtime.teardown().catch(() => {});
    throw new CommandError("start", `the Worker does not start: ${reasonOf(cause)}`, { cause });
  }
  const cron = startLocalCron((signal) => runScheduled(url, log, signal));
  return {
    url,
    async reload(config) {
      const reloaded = once(runtime, "reloadComplete");
      try {
        worker.patchConfig({ bindings: bindingsOf(url, { ...given, config }) });
        await Promise.race([reloaded, failure(runtime), expiry()]);
        await requireReady(url);
      } catch (cause) {
        throw new CommandError("start", `the Worker does not reload: ${reasonOf(cause)}`, { cause });
      }
    },
    async stop() {
      await cron.stop();
      await runtime.teardown();
    },
  };
}

type Runtime = InstanceType<typeof unstable_DevEnv>;
type Worker = Awaited<ReturnType<Runtime["startWorker"]>>;
type Given = LocalWorkerOptions & { keys: Keys; log: (line: string) => void };

async function start(runtime: Runtime, url: string, options: Given): Promise<Worker> {
  const { log, persist, entry, secure = false } = options;
  const worker = await runtime.startWorker({
    config: inProject("wrangler.toml"),
    ...(entry && { entrypoint: inProject(entry) }),
    bindings: bindingsOf(url, options),
    dev: {
      origin: { secure },
      server: { hostname: "localhost", port: Number(new URL(url).port) },
      watch: false,
      inspector: false,
      logLevel: "warn",
      persist: persist ? inLocalFolder(persist) : false,
      structuredLogsHandler: ({ message }: { message: string }) => log(message),
    },
  });
  await worker.ready;
  await requireReady(url);
  return worker;
}

/** @throws Error if the Worker answers with an error, as it does under a configuration that it cannot serve. */
async function requireReady(url: string): Promise<void> {
  const response = await fetch(new URL(READY_PATH, url));
  if (!response.ok) throw new Error(`it answers ${READY_PATH} with ${response.status}: ${await response.text()}`);
}

function bindingsOf(url: string, { config, keys, redis, variables = {}, issuer = url }: Given) {
  return {
    ...bindings("plain_text", { ...variables, MOOR_CONFIG: JSON.stringify(config), MOOR_ISSUER: issuer }),
    ...bindings("secret_text", { ...keys }),
    ...(redis && bindings("secret_text", { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token })),
  };
}

function bindings<Type extends string>(type: Type, values: Record<string, string>) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { type, value }]));
}

/** wrangler reports some failures of a start only as events. `ready` then stays pending. */
function failure(runtime: Runtime): Promise<never> {
  return new Promise((_, reject) => {
    runtime.once("error", reject);
    runtime.once("buildFailed", reject);
  });
}

async function expiry(): Promise<never> {
  await sleep(START_MS, undefined, { ref: false });
  throw new Error(`it does not answer within ${START_MS / 1_000} s`);
}

/** The message of an error, or of a wrangler event that contains an error. */
function reasonOf(fault: unknown): string {
  if (fault instanceof Error) return fault.message;
  if (typeof fault === "object" && fault !== null && "cause" in fault) return reasonOf(fault.cause);
  return String(fault);
}

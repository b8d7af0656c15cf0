import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createControl } from "../../../bin/serve/control.ts";
import type { MoorConfig } from "../../../src/config/types.ts";
import { type TestKeys, testKeys } from "./test-keys.ts";

/** The process of a `moor serve`. */
export interface RunningServe {
  readonly process: ChildProcess;
  /** The ports at 127.0.0.1, or at the address of `--listen`. */
  readonly port: number;
  readonly healthPort: number;
  /** 0: there is no admin socket. */
  readonly adminPort: number;
  /** The lines of its log that Moor has written, and not the command around it, without their times. */
  readonly lines: string[];
  /** Its log, parsed. */
  readonly logged: Record<string, unknown>[];
  /** Resolves to the first entry of the log with this event. */
  entry(event: string): Promise<Record<string, unknown>>;
  /** Has its Worker run the cron job, as the command does each minute. Resolves to the answer. */
  runCron(): Promise<Record<string, unknown>>;
  /** Asks it to end. Resolves to its exit code. */
  stop(): Promise<number | null>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

export interface ServeOptions {
  readonly config: Partial<MoorConfig> & Pick<MoorConfig, "pools">;
  /** The variables that lead to the store, and others. */
  readonly variables: Readonly<Record<string, string>>;
  /** Members of the configuration that are no JSON, as its source. Default: nothing. */
  readonly source?: string;
  /** Default: fresh keys. */
  readonly keys?: TestKeys;
  /** Further flags. Default: any ports at 127.0.0.1, and no notice before a drain. */
  readonly flags?: readonly string[];
  /** A command before the command, as in `ip netns exec NAME`. */
  readonly within?: readonly string[];
  /** The program that runs, and its first arguments. Default: `moor serve`. */
  readonly program?: readonly string[];
  /** Takes the lines of its log. Default: a new array. */
  readonly lines?: string[];
}

/** The proxies that tests stand for are on this machine. */
export const SERVED_CONFIG = { trustedProxies: ["127.0.0.0/8"], stores: { authority: { type: "redis-tcp" } } } as const;
/** The address that visitors use. */
export const SERVED_ISSUER = "https://shop.test";

/** The variables of the environment in which `moor serve` finds these keys. */
export function keyVariables(keys: TestKeys): Record<string, string> {
  return { MOOR_TOKEN_KEYS: keys.token, MOOR_HANDOFF_KEYS: keys.handoff, MOOR_STORE_KEYS: keys.store };
}

/** The command adds the time to each line. */
const TIME = /^\{"time":"[^"]*",/;
const OWN = /"event":"(?:serving|draining|stopped_accepting|drained|drain_cut_off)"/;
const ANYWHERE = ["--listen", "127.0.0.1:0", "--health", "127.0.0.1:0", "--drain-notice-seconds", "0"];

/** Starts `moor serve`. Resolves when it serves. */
export async function startServe(options: ServeOptions): Promise<RunningServe> {
  const { config, variables, flags = [], within = [], source = "", lines = [] } = options;
  const { program = ["bin/moor.js", "serve"] } = options;
  const keys = options.keys ?? (await testKeys());
  const folder = await mkdtemp(join(tmpdir(), "moor-served-"));
  const file = join(folder, "moor.config.ts");
  await writeFile(file, `export default { ...${JSON.stringify({ ...SERVED_CONFIG, ...config })}, ${source} };\n`);
  const given = ANYWHERE.flatMap((flag, at) =>
    at % 2 === 0 && !flags.includes(flag) ? [flag, ANYWHERE[at + 1] as string] : [],
  );
  const [command = "", ...args] = [...within, process.execPath, ...program, "--config", file, ...given, ...flags];
  const { PATH = "" } = process.env;
  const env = { PATH, TMPDIR: folder, MOOR_ISSUER: SERVED_ISSUER, ...keyVariables(keys), ...variables };
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const logged: Record<string, unknown>[] = [];
  const said: string[] = [];
  const awaited = new Set<() => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    said.push(line);
    if (!OWN.test(line)) lines.push(line.replace(TIME, "{"));
    logged.push(JSON.parse(line));
    for (const look of awaited) look();
  });
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));

  async function entry(event: string): Promise<Record<string, unknown>> {
    const found = () => logged.find((one) => one.event === event);
    return new Promise((resolve, reject) => {
      const look = () => {
        const one = found();
        if (!one) return;
        awaited.delete(look);
        resolve(one);
      };
      awaited.add(look);
      look();
      exited.then(() => setImmediate(() => reject(new Error(`ended without ${event}: ${said.join("\n")}`))), reject);
    });
  }
  async function runCron(): Promise<Record<string, unknown>> {
    const [own = ""] = (await readdir(folder)).filter((name) => name.startsWith("moor-serve-"));
    return createControl(join(folder, own, "control.sock")).ask("cron");
  }
  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const [code] = await exited;
    await rm(folder, { recursive: true, force: true });
    return code;
  }
  const portOf = (address: unknown) => Number(/:(\d+)$/.exec(String(address))?.[1] ?? 0);
  const { listen, health, admin } = await entry("serving");
  return {
    process: child,
    port: portOf(listen),
    healthPort: portOf(health),
    adminPort: portOf(admin),
    lines,
    logged,
    entry,
    runCron,
    stop: () => end("SIGTERM"),
    kill: async () => void (await end("SIGKILL")),
  };
}

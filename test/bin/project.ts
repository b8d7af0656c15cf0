import { type ChildProcess, execFile, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { runningProcesses } from "../support/node/processes.ts";

/** A copy of the project, so that a test has a configuration, keys and sessions of its own. */
export interface Project {
  readonly folder: string;
  write(file: string, text: string): Promise<void>;
  /** Runs `moor` to its end. */
  run(...args: string[]): Promise<Ran>;
  /**
   * Starts `moor` in a process group of its own, with the folder `tmp` for temporary files. It ends with the test.
   *
   * @param options.npm starts it through npm.
   * @param options.path in place of the `PATH`.
   * @param options.variables more of its environment.
   */
  start(
    args: string[],
    options?: { npm?: boolean; path?: string; variables?: Readonly<Record<string, string>> },
  ): Running;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** Its output until now. */
  readonly output: { stdout: string; stderr: string };
  /** Waits for a line on stdout. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Waits for its end. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The commands of its running processes: of its process group, or in a folder of the project. */
  left(): Promise<string[]>;
}

/**
 * The environment without the secrets of the tests themselves, because a Worker takes missing secrets from its
 * environment.
 */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^MOOR_\w+_KEYS$/.test(name)));

const copied = ["bin", "src", "package.json", "wrangler.toml", "moor.config.ts"];

/** Copies the project to a folder that is removed with the test. */
export async function createProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "moor-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of copied) await cp(name, join(folder, name), { recursive: true });
  await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  await mkdir(join(folder, "tmp"));
  return {
    folder,
    write: (file, text) => writeFile(join(folder, file), text),
    run: (...args) => run(folder, args),
    start(args, { npm = false, path = process.env.PATH, variables = {} } = {}) {
      const options = { cwd: folder, env: { ...environment, ...variables, PATH: path, TMPDIR: join(folder, "tmp") } };
      return npm
        ? start("npm", ["run", "--silent", "moor", "--", ...args], options)
        : start(process.execPath, ["bin/moor.js", ...args], options);
    },
  };
}

/** Runs `moor` in this project's own folder, for commands that touch no file. */
export function moor(...args: string[]): Promise<Ran> {
  return run(process.cwd(), args);
}

async function run(cwd: string, args: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["bin/moor.js", ...args], {
      cwd,
      env: environment,
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ran;
  }
}

function start(command: string, args: string[], options: SpawnOptions & { cwd: string }): Running {
  const child = spawn(command, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const own = async () =>
    (await runningProcesses()).filter(
      ({ group, folder }) => group === child.pid || `${folder}/`.startsWith(`${options.cwd}/`),
    );
  onTestFinished(async () => {
    for (const { pid } of await own()) kill(pid);
  });
  return {
    process: child,
    output,
    left: async () => (await own()).map(({ command }) => command),
    ended: async () => {
      const [code, signal] = await exit;
      return { code, signal };
    },
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output.stdout);
          if (match) resolve(match);
        };
        child.stdout.on("data", look);
        exit.then(
          () => reject(new Error(`ended without a line like ${pattern}: ${output.stdout}${output.stderr}`)),
          reject,
        );
        look();
      }),
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has ended meanwhile.
  }
}

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

/** A copy of the project, so that a test has a configuration, keys and sessions of its own. */
export interface Project {
  readonly folder: string;
  write(file: string, text: string): Promise<void>;
  /** Runs `moor` to its end. */
  run(...args: string[]): Promise<Ran>;
  /** Starts `moor` in a process group of its own; it ends with the test. */
  start(args: string[], options?: { npm?: boolean }): Running;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  /** What it has printed until now. */
  readonly output: { stdout: string; stderr: string };
  /** Waits for a line on stdout. */
  line(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Waits for its end. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Those of its process group that still run. */
  left(): Promise<string[]>;
}

const copied = ["bin", "src", "package.json", "wrangler.toml", "moor.config.ts"];

/** Copies the project to a folder that is removed with the test. */
export async function createProject(): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "moor-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of copied) await cp(name, join(folder, name), { recursive: true });
  await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
  return {
    folder,
    write: (file, text) => writeFile(join(folder, file), text),
    run: (...args) => run(folder, args),
    start: (args, { npm = false } = {}) =>
      npm
        ? start(folder, "npm", ["run", "--silent", "moor", "--", ...args])
        : start(folder, process.execPath, ["bin/moor.js", ...args]),
  };
}

/** Runs `moor` of this very folder, for what touches no file. */
export function moor(...args: string[]): Promise<Ran> {
  return run(process.cwd(), args);
}

async function run(cwd: string, args: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["bin/moor.js", ...args], { cwd });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as Ran;
  }
}

function start(cwd: string, command: string, args: string[]): Running {
  const child = spawn(command, args, { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const left = () => processesOf(child.pid ?? 0);
  onTestFinished(async () => {
    if ((await left()).length > 0) process.kill(-(child.pid ?? 0), "SIGKILL");
  });
  return {
    process: child,
    output,
    left,
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

async function processesOf(group: number): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pgid=,stat=,args="]);
  return stdout.split("\n").filter((line) => {
    const [pgid, stat = "Z"] = line.trim().split(/\s+/);
    return Number(pgid) === group && !stat.startsWith("Z");
  });
}

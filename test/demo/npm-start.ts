import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A demonstration, started as the README says. */
export interface Demo {
  readonly url: string;
  /** Everything that the terminal has shown. */
  terminal(): string;
  /** Resolves when the terminal has shown it. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** The processes that it consists of, npm among them. */
  processes(): Promise<number[]>;
  /** What Ctrl-C does: SIGINT to every process of the terminal. Resolves when npm has ended. */
  interrupt(): Promise<void>;
  /** Sends SIGTERM to npm, or to the demonstration's own process. Resolves when npm has ended. */
  terminate(to: "npm" | "node"): Promise<void>;
}

/** Runs `npm start` until it ends by itself; for starts that fail. */
export async function runNpmStart(...args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = npmStart(args);
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, "close");
  return { code, stderr };
}

/** Starts a demonstration and waits until its terminal shows that everything runs, or `until`. */
export async function startDemo(until = /^open http/m): Promise<Demo> {
  const port = await freePort();
  const child = npmStart(["--port", String(port)]);
  const exit = once(child, "exit").then(() => {});
  const pid = child.pid ?? 0;
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      for (const look of waiting) look();
    });
  }
  const demo: Demo = {
    url: `http://localhost:${port}`,
    terminal: () => text,
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(text);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        exit.then(() => reject(new Error(`npm start has ended:\n${text}`)));
      }),
    processes: async () => [pid, ...(await descendants(pid))],
    interrupt() {
      try {
        process.kill(-pid, "SIGINT");
      } catch {
        // Every process of it has ended.
      }
      return exit;
    },
    async terminate(to) {
      for (const target of to === "npm" ? [pid] : await descendants(pid)) {
        const command = await readFile(`/proc/${target}/cmdline`, "utf8");
        if (to === "npm" || /^[^\0]*node\0demo\/start\.ts\0/.test(command)) process.kill(target, "SIGTERM");
      }
      return exit;
    },
  };
  await demo.shows(until);
  return demo;
}

/** Names of those processes that have not ended. */
export async function alive(pids: readonly number[]): Promise<string[]> {
  const found = await Promise.all(pids.map(statusOf));
  return found.flatMap((status) => (status && status.state !== "Z" ? [`${status.pid} ${status.name}`] : []));
}

/** Names of those processes that have not ended within 10 seconds. */
export async function remaining(pids: readonly number[]): Promise<string[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const names = await alive(pids);
    if (names.length === 0 || Date.now() > deadline) return names;
    await sleep(50);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

function npmStart(args: readonly string[]): ChildProcess {
  return spawn("npm", ["start", "--silent", "--", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

async function descendants(pid: number): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = (await Promise.all(pids.map(statusOf))).flatMap((status) => status ?? []);
  const below = (parent: number): number[] =>
    all.filter((status) => status.parent === parent).flatMap(({ pid }) => [pid, ...below(pid)]);
  return below(pid);
}

async function statusOf(pid: number) {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [, name = "", state = "", parent = ""] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat) ?? [];
  return stat === "" ? undefined : { pid, name, state, parent: Number(parent) };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/node/ports.ts";
import { descendants } from "../support/node/processes.ts";

/** A demonstration, started as the README says. */
export interface Demo {
  readonly url: string;
  /** Everything that the terminal has shown. */
  terminal(): string;
  /** Resolves when the terminal has shown the text. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its processes, npm among them. */
  processes(): Promise<number[]>;
  /** Does the same as Ctrl-C: sends SIGINT to every process of the terminal. Resolves when npm has ended. */
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

/**
 * Starts a demonstration and waits until its terminal shows that everything runs, or `until`.
 *
 * @param env variables in addition to npm's own environment.
 */
export async function startDemo(until = /^open http/m, env: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const port = await freePort();
  const child = npmStart(["--port", String(port)], env);
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
    processes: async () => [pid, ...(await descendants(pid)).map((process) => process.pid)],
    interrupt() {
      try {
        process.kill(-pid, "SIGINT");
      } catch {
        // Every process of it has ended.
      }
      return exit;
    },
    async terminate(to) {
      const own = (await descendants(pid)).find(({ command }) => /^\S*node demo\/start\.ts /.test(command));
      if (!own) throw new Error("the demonstration runs in no process of npm's");
      process.kill(to === "npm" ? pid : own.pid, "SIGTERM");
      return exit;
    },
  };
  await demo.shows(until);
  return demo;
}

function npmStart(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn("npm", ["start", "--silent", "--", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A guide that shows how a command runs as a service. */
export type Guide = "serve" | "redis-bridge";

/** The file that a guide shows. Its first line is a comment with its name. */
export function shownFile(guide: Guide, name: string): string {
  return blockOf(guide, `\\w+\\n# ${name.replace(".", "\\.")}(?:: .*)?`);
}

/** The first code of a language that a guide shows. */
export function shownFirst(guide: Guide, language: string): string {
  return blockOf(guide, language);
}

function blockOf(guide: Guide, beginning: string): string {
  const page = readFileSync(`docs/guide/${guide}.md`, "utf8");
  const found = new RegExp(`^\`\`\`${beginning}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/guide/${guide}.md has no code that begins with ${beginning}`);
  return found;
}

/** A unit of systemd, as far as a process without systemd can follow it. */
export interface Unit {
  /** Its program, and the arguments of that. */
  readonly command: readonly string[];
  /** The variables that `Environment` sets. */
  readonly variables: Readonly<Record<string, string>>;
  /** The names of its credentials. */
  readonly credentials: readonly string[];
}

/**
 * Reads the part `Service` of a unit.
 *
 * @param credentials the folder that systemd would make for its credentials.
 */
export function readUnit(
  text: string,
  { instance, credentials }: { readonly instance: string; readonly credentials: string },
): Unit {
  const expanded = text
    .replaceAll("%i", instance)
    .replaceAll("%d", credentials)
    .replaceAll(/\$\{CREDENTIALS_DIRECTORY\}/g, credentials);
  const all = (name: string) =>
    Array.from(expanded.matchAll(new RegExp(`^${name}=(.*)$`, "gm")), ([, value = ""]) => value);
  const pairs = all("Environment").flatMap((line) =>
    line.split(" ").map((pair) => pair.split("=") as [string, string]),
  );
  return {
    command: all("ExecStart").join().split(" "),
    variables: Object.fromEntries(pairs),
    credentials: all("LoadCredential").map((line) => line.split(":")[0] as string),
  };
}

/** The command of an image: its `ENTRYPOINT`. */
export function commandIn(dockerfile: string): string[] {
  return JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]") as string[];
}

/** A command that runs as a service. */
export interface RunningService {
  /** The first line of its stdout that matches. Rejects with all that the command has said if it ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Sends SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a command in a folder, with these variables alone. */
export function startService(
  [program = "", ...args]: readonly string[],
  cwd: string,
  variables: Readonly<Record<string, string>>,
): RunningService {
  const child: ChildProcess = spawn(program, args, { cwd, env: { PATH: "/usr/bin:/bin", ...variables } });
  const exited = once(child, "close") as Promise<[number | null]>;
  const said: string[] = [];
  const look = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on("line", (line) => {
      said.push(line);
      for (const one of look) one();
    });
  }
  return {
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const one = () => {
          const found = said.find((line) => pattern.test(line));
          if (found !== undefined) resolve(found);
        };
        look.add(one);
        one();
        exited.then(() => reject(new Error(`ended without ${pattern}: ${said.join("\n")}`)), reject);
      }),
    async stop() {
      child.kill("SIGTERM");
      const [code] = await exited;
      return code;
    },
  };
}

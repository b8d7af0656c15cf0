import { readFile } from "node:fs/promises";
import { describe } from "../src/settings/mistakes.ts";
import { type Command, CommandError } from "./command.ts";
import { check } from "./commands/check.ts";
import { debugToken } from "./commands/debug-token.ts";
import { deploy } from "./commands/deploy.ts";
import { dev } from "./commands/dev.ts";
import { importBalancer } from "./commands/import.ts";
import { init } from "./commands/init.ts";
import { keys } from "./commands/keys.ts";
import { pool } from "./commands/pool.ts";
import { redisBridge } from "./commands/redis-bridge.ts";
import { serve } from "./commands/serve.ts";
import { calledAs, inPackage } from "./project.ts";

const commands: Record<string, Command> = {
  init,
  dev,
  check,
  keys,
  "debug-token": debugToken,
  deploy,
  serve,
  import: importBalancer,
  pool,
  "redis-bridge": redisBridge,
};

const usage = `moor COMMAND [FLAGS]

${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(13)}${summary}`)
  .join("\n")}

  moor COMMAND --help tells more of one; moor --version prints the version.
  In the project's folder it is called as: ${calledAs} COMMAND [FLAGS]`;

/**
 * The `moor` command.
 *
 * @returns the exit code. 0: done. 2: the caller can correct the mistake (arguments, configuration, port, a request that a
 * running Moor refuses), which is reported in lines on stderr. 1: any other failure. `deploy` passes on the code of
 * `wrangler deploy`.
 */
export async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === "--version") return print((await packageVersion()) ?? "unknown");
  if (name === "--help" || name === "-h") return print(usage);
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const found = name === undefined ? "no command is given" : `unknown command ${describe(name)}`;
    console.error(`moor: ${found}, accepted: ${Object.keys(commands).join(", ")}, --help, --version`);
    return 2;
  }
  if (args.includes("--help") || args.includes("-h")) return print(command.usage);
  try {
    return await command.run(args);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    for (const line of error.message.split("\n")) console.error(`moor ${name}: ${line}`);
    return error.code === "start" || error.code === "unreachable" ? 1 : 2;
  }
}

function print(text: string): number {
  console.log(text);
  return 0;
}

async function packageVersion(): Promise<string | undefined> {
  const manifest = JSON.parse(await readFile(inPackage("package.json"), "utf8")) as {
    version?: string;
  };
  return manifest.version;
}

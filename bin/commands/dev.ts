import { describe } from "../../src/config/mistakes.ts";
import type { MoorConfig, ResolvedConfig } from "../../src/config/types.ts";
import { type Command, CommandError } from "../command.ts";
import { readConfigFile, requireValid } from "../config-file.ts";
import { readFlags } from "../flags.ts";
import { configFor } from "../fronted.ts";
import { type LocalMoor, startLocalMoor } from "../local-moor.ts";
import { onceAskedToEnd } from "../signals.ts";

const DEFAULT_PORT = 8788;

/** `moor dev`: runs the Worker on this machine, in front of servers that already run. */
export const dev: Command = {
  summary: "runs Moor on this machine, in front of servers that already run",
  usage: `moor dev [--origin URL]... [--port N] [--config FILE]

Runs Moor on this machine in front of servers that already run, until Ctrl-C. Prints "ready http://localhost:PORT" when it
answers. Sessions and keys are kept in .wrangler/moor, so that a restart logs nobody out. If redis-server is on the PATH, one
runs as long and stands for Upstash, its data kept there too; if not, the Redis tier is off.

  --origin URL    a server, may be repeated; each visitor stays on one of them. Without it: those of the configuration
  --port N        default: ${DEFAULT_PORT}; 0: any free port, and sessions are not kept
  --config FILE   default: moor.config.ts; not together with --origin`,

  async run(args) {
    const flags = readFlags(args, {
      origin: { type: "string", multiple: true },
      port: { type: "string" },
      config: { type: "string" },
    });
    const port = portOf(flags.port);
    if (flags.origin && flags.config) throw new CommandError("usage", "either --origin or --config, not both");
    const config = flags.origin ? configFor(flags.origin) : requireValid(await readConfigFile(flags.config));
    await runUntilAskedToEnd(config, port);
    return 0;
  },
};

async function runUntilAskedToEnd(config: MoorConfig | ResolvedConfig, port: number): Promise<void> {
  let moor: LocalMoor | undefined;
  const asked = new Promise<void>((resolve) => {
    onceAskedToEnd(() => {
      // A Ctrl-C reaches the runtime too: what is starting may never be ready. An exit ends all of it.
      if (!moor) process.exit(0);
      resolve();
    });
  });
  for (const pool of config.pools) {
    for (const { id, url } of pool.origins) console.log(`origin ${pool.id}/${id} ${url}`);
  }
  moor = await startLocalMoor({
    config,
    port,
    persist: port > 0 && `dev-${port}`,
    tellRedis: (text) => console.log(`redis ${text}`),
  });
  console.log(`ready ${moor.url}`);
  await asked;
  await moor.stop();
}

function portOf(text = String(DEFAULT_PORT)): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new CommandError("usage", `--port: found ${describe(text)}, accepted: 1 to 65535, or 0 for any free port`);
}

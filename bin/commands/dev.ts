import { describe } from "../../src/config/mistakes.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { ADMIN_TOKEN, needsAdminToken } from "../admin-secret.ts";
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

  --origin URL    a server, may be repeated; each visitor stays on one of them. Their pool is called local, which is the audience
                  of their handoffs. Without it: the origins of the configuration
  --port N        default: ${DEFAULT_PORT}; 0: any free port, and sessions are not kept
  --config FILE   default: moor.config.ts; not together with --origin

If the configuration has admin, admins send what is in the environment as ${ADMIN_TOKEN}.`,

  async run(args) {
    const flags = readFlags(args, {
      origin: { type: "string", multiple: true },
      port: { type: "string" },
      config: { type: "string" },
    });
    const port = portOf(flags.port);
    if (flags.origin && flags.config) throw new CommandError("usage", "either --origin or --config, not both");
    const config = flags.origin ? configFor(flags.origin) : requireValid(await readConfigFile(flags.config));
    await runUntilAskedToEnd(config, port, adminTokenFor(config));
    return 0;
  },
};

async function runUntilAskedToEnd(
  config: MoorConfig | ResolvedConfig,
  port: number,
  variables: Record<string, string>,
): Promise<void> {
  let moor: LocalMoor | undefined;
  const asked = new Promise<void>((resolve) => {
    onceAskedToEnd(() => {
      // A Ctrl-C also reaches the runtime, so a runtime that is still starting may never be ready. An exit ends all of it.
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
    variables,
    persist: port > 0 && `dev-${port}`,
    tellRedis: (text) => console.log(`redis ${text}`),
  });
  console.log(`ready ${moor.url}`);
  await asked;
  await moor.stop();
}

/** The operator's token, as the environment of this command sets it. */
function adminTokenFor(config: ResolvedConfig | MoorConfig): Record<string, string> {
  const token = process.env[ADMIN_TOKEN];
  if (token) return { [ADMIN_TOKEN]: token };
  if (!needsAdminToken(config)) return {};
  const example = `${ADMIN_TOKEN}=$(openssl rand -hex 32) npm run moor -- dev`;
  throw new CommandError(
    "config",
    `admin: found no ${ADMIN_TOKEN} in the environment, accepted: one, as in ${example}`,
  );
}

function portOf(text = String(DEFAULT_PORT)): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new CommandError("usage", `--port: found ${describe(text)}, accepted: 1 to 65535, or 0 for any free port`);
}

/** `npm start`: three origin servers, Moor before them and, if it is on the machine, a Redis behind it. */
import { randomBytes } from "node:crypto";
import { CommandError } from "../bin/command.ts";
import { readFlags } from "../bin/flags.ts";
import { type LocalMoor, startLocalMoor } from "../bin/local-moor.ts";
import { freePort } from "../bin/port.ts";
import { onceAskedToEnd } from "../bin/signals.ts";
import { type RedisSwitch, startRedisSwitch } from "./redis-switch.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";

const DEFAULT_PORT = 8787;
const FIRST_ORIGIN_PORT = 9001;
const ORIGIN_IDS = ["a", "b", "c"];

async function run(port: number): Promise<void> {
  const ended = new Promise<"ended">((resolve) => onceAskedToEnd(() => resolve("ended")));
  const moorUrl = `http://localhost:${port}`;
  const adminToken = randomBytes(24).toString("base64url");
  const supervisor = createSupervisor({ ids: ORIGIN_IDS, firstPort: FIRST_ORIGIN_PORT, moorUrl, log: console.log });
  const redisSwitch = await startRedisSwitch(tellRedis);
  try {
    // A process that was starting at a Ctrl-C may never become ready; it ends with this process.
    const moor = await Promise.race([startAll(supervisor, redisSwitch, { port, adminToken }), ended]);
    if (moor === "ended") return;
    console.log(`Moor       ${moorUrl}`);
    console.log(`Console    ${moorUrl}/.moor/console/login   token ${adminToken}`);
    console.log(`\nopen ${moorUrl}   (Ctrl-C ends everything)`);
    await ended;
    await moor.stop();
  } finally {
    await Promise.all([supervisor.close(), redisSwitch.stop()]);
  }
}

async function startAll(
  supervisor: Supervisor,
  redisSwitch: RedisSwitch,
  { port, adminToken }: { port: number; adminToken: string },
): Promise<LocalMoor> {
  await Promise.all(ORIGIN_IDS.map((id) => supervisor.start(id)));
  const moor = await startLocalMoor({
    config: {
      pools: [{ id: "shop", origins: supervisor.origins() }],
      explain: true,
      principals: {},
      admin: { console: true },
    },
    port,
    entry: "demo/edge/worker.ts",
    variables: { DEMO_REDIS_SWITCH: redisSwitch.url, MOOR_ADMIN_TOKEN: adminToken },
    tellRedis,
  });
  redisSwitch.holds(moor.redis);
  return moor;
}

function tellRedis(text: string): void {
  console.log(`Redis      ${text}`);
}

function readPort(args: readonly string[]): number {
  const { port = String(DEFAULT_PORT) } = readFlags(args, { port: { type: "string" } });
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535) return Number(port);
  throw new CommandError("usage", `--port: found ${JSON.stringify(port)}, accepted: 1 to 65535`);
}

const args = process.argv.slice(2);
if (args.includes("--help")) {
  console.log(`npm start [-- --port N]   Moor's port, default: ${DEFAULT_PORT}`);
  process.exit(0);
}
try {
  await run(await freePort(readPort(args)));
  process.exit(0);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.error(`npm start: ${error.message}`);
  process.exit(error.code === "start" ? 1 : 2);
}

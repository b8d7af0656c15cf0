/** `npm start`: three origin servers, Moor before them, a provider at which visitors log in and, if it is on the machine, a Redis. */
import { randomBytes } from "node:crypto";
import { CommandError } from "../bin/command.ts";
import { readFlags } from "../bin/flags.ts";
import { type LocalMoor, startLocalMoor } from "../bin/local-moor.ts";
import { freePort } from "../bin/port.ts";
import { onceAskedToEnd } from "../bin/signals.ts";
import type { MoorConfig } from "../src/config/types.ts";
import { type ProcessSwitch, startProcessSwitch } from "./process-switch.ts";
import { REFRESH_SECONDS } from "./protocol.ts";
import { CLIENT_ID } from "./provider/messages.ts";
import { createProviderProcess, type ProviderProcess } from "./provider/process.ts";
import { type DemoStores, startDemoStores } from "./stores.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";

const DEFAULT_PORT = 8787;
const FIRST_ORIGIN_PORT = 9001;
const ORIGIN_IDS = ["a", "b", "c"];
/** The names of this machine at which visitors log in at the provider. */
const HOSTS = ["localhost", "127.0.0.1"];

/** The parts of the demonstration beside Moor. */
interface Parts {
  readonly supervisor: Supervisor;
  readonly provider: ProviderProcess;
  readonly redisSwitch: ProcessSwitch;
  readonly providerSwitch: ProcessSwitch;
  /** The stores beside Durable Objects, also while they start. */
  readonly stores: Promise<DemoStores>[];
}

async function run(port: number): Promise<void> {
  const ended = new Promise<"ended">((resolve) => onceAskedToEnd(() => resolve("ended")));
  const moorUrl = `http://localhost:${port}`;
  const adminToken = randomBytes(24).toString("base64url");
  const provider = await createProviderProcess({
    shopUrls: HOSTS.map((host) => `http://${host}:${port}`),
    log: tellProvider,
  });
  const [redisSwitch, providerSwitch] = await Promise.all([
    startProcessSwitch(tellRedis),
    startProcessSwitch(tellProvider, provider.tokenUses),
  ]);
  const supervisor = createSupervisor({ ids: ORIGIN_IDS, firstPort: FIRST_ORIGIN_PORT, moorUrl, log: console.log });
  const stores: Promise<DemoStores>[] = [];
  const parts: Parts = { supervisor, provider, redisSwitch, providerSwitch, stores };
  try {
    // A process that was starting at a Ctrl-C may never become ready; it ends with this process.
    const moor = await Promise.race([startAll(parts, { port, adminToken }), ended]);
    if (moor === "ended") return;
    console.log(`Moor       ${moorUrl}`);
    console.log(`Console    ${moorUrl}/.moor/console/login   token ${adminToken}`);
    console.log(`\nopen ${moorUrl}   (Ctrl-C ends everything)`);
    await ended;
    await moor.stop();
  } finally {
    await Promise.all([supervisor.close(), provider.close(), redisSwitch.stop(), providerSwitch.stop()]);
    // A store that was starting at a Ctrl-C has met the Ctrl-C as well, or becomes ready.
    await Promise.all(stores.map(async (starting) => (await starting).stop()));
  }
}

async function startAll(
  { supervisor, provider, redisSwitch, providerSwitch, stores }: Parts,
  { port, adminToken }: { port: number; adminToken: string },
): Promise<LocalMoor> {
  await Promise.all([...ORIGIN_IDS.map((id) => supervisor.start(id)), provider.restart()]);
  tellProvider(provider.address);
  providerSwitch.holds(provider);
  const config = configOf(supervisor.origins(), provider.address);
  const starting = startDemoStores(config);
  stores.push(starting);
  const rows = await starting;
  for (const { type, reason } of rows.stores) {
    if (type !== "redis") console.log(`${type.padEnd(11)}${reason === undefined ? "runs" : `off: ${reason}`}`);
  }
  const moor = await startLocalMoor({
    config,
    port,
    entry: "demo/edge/worker.ts",
    variables: {
      ...rows.variables,
      DEMO_STORES: JSON.stringify(rows.stores),
      DEMO_REDIS_SWITCH: redisSwitch.url,
      DEMO_PROVIDER_SWITCH: providerSwitch.url,
      DEMO_PROVIDER: provider.address,
      MOOR_ADMIN_TOKEN: adminToken,
      MOOR_LOGIN_SECRET: provider.clientSecret,
    },
    tellRedis,
  });
  const { redis } = moor;
  redisSwitch.holds(
    redis && { address: `unix://${redis.socket}`, kill: () => redis.kill(), restart: () => redis.restart() },
  );
  return moor;
}

/**
 * Two pools of the same servers. The shop takes any name as a login. The account has another right: only the provider says who comes
 * there.
 */
function configOf(origins: ReturnType<Supervisor["origins"]>, issuer: string): MoorConfig {
  return {
    pools: [
      { id: "shop", origins, session: { may: ["patch", "principal", "end"] } },
      { id: "account", origins, session: { may: ["patch"] } },
    ],
    routes: [
      { path: "/account", pool: "account", require: "login" },
      { path: "/account/*", pool: "account", require: "login" },
      { path: "/*", pool: "shop" },
    ],
    login: {
      issuer,
      clientId: CLIENT_ID,
      hosts: HOSTS,
      scopes: ["profile", "email", "groups", "offline_access"],
      claims: ["name", "email", "groups"],
      roles: { crew: { claim: "groups", any: ["crew"] } },
      refreshSeconds: REFRESH_SECONDS,
    },
    explain: true,
    principals: {},
    admin: { console: true },
  };
}

function tellRedis(text: string): void {
  console.log(`Redis      ${text}`);
}

function tellProvider(text: string): void {
  console.log(`Provider   ${text}`);
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

import type { CarrierConfig } from "../../src/carriers/registry.ts";
import { secretNameOf } from "../../src/config/logins.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { MoorConfig } from "../../src/config/types.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { ADMIN_TOKEN, needsAdminToken, WEBHOOK_SECRET } from "../admin-secret.ts";
import { adoptSecretsFor } from "../adopt-secrets.ts";
import { type Command, CommandError } from "../command.ts";
import { type ConfigFile, readConfigFile, requireValid } from "../config-file.ts";
import { createFileWatch, type FileWatch } from "../file-watch.ts";
import { readFlags } from "../flags.ts";
import { configFor } from "../fronted.ts";
import { createHostBridges, type HostBridges } from "../host-bridge.ts";
import { type LocalMoor, type LocalMoorOptions, startLocalMoor } from "../local-moor.ts";
import { freePort } from "../port.ts";
import { inLocalFolder } from "../project.ts";
import { onceAskedToEnd } from "../signals.ts";
import { DEV_STORES, devStoreOf, startDevStore, withStore } from "../stores/dev-store.ts";
import type { StoreType } from "../stores/store-setup.ts";

const DEFAULT_PORT = 8788;

/** `moor dev`: runs the Worker on this machine, in front of servers that already run. */
export const dev: Command = {
  summary: "runs Moor on this machine, in front of servers that already run",
  usage: `moor dev [--origin URL]... [--port N] [--config FILE] [--no-watch] [--store STORE] [--public-url URL]

Runs Moor on this machine in front of servers that already run, until Ctrl-C. Prints "ready http://localhost:PORT" when it
answers. Sessions and keys are kept in .wrangler/moor, so that a restart logs nobody out. If redis-server is on the PATH, one
runs as long and stands for Upstash, its data kept there too; if not, the Redis tier is off.

  --origin URL      a server, may be repeated; each visitor stays on one of them. Their pool is called local, which is the
                    audience of their handoffs. Without it: the origins of the configuration
  --port N          default: ${DEFAULT_PORT}; 0: any free port, and sessions are not kept
  --config FILE     default: moor.config.ts; not together with --origin
  --watch           reloads the configuration when its file changes, or a file that it imports. This is the default;
                    --no-watch switches it off
  --store STORE     ${DEV_STORES.join(", ")}: sessions are there, and not in Durable Objects. The store of this machine is
                    started, unless the environment has the secrets that lead to another, as for moor check --deploy
  --public-url URL  https:// and the host of a tunnel that leads to PORT. Moor then takes every request for a request to that
                    URL: cookies are Secure, and origins get the URL in X-Forwarded-Host and X-Forwarded-Proto

The port is part of the cookie's name (moor-${DEFAULT_PORT}), because browsers send cookies to every port of a host.
If the configuration has admin, admins send what is in the environment as ${ADMIN_TOKEN}. If it has adopt, the environment has
MOOR_ADOPT_KEY and MOOR_CONFIRM_KEYS.`,

  async run(args) {
    const flags = readFlags(args, {
      origin: { type: "string", multiple: true },
      port: { type: "string" },
      config: { type: "string" },
      watch: { type: "boolean" },
      "no-watch": { type: "boolean" },
      "public-url": { type: "string" },
      store: { type: "string" },
    });
    const store = devStoreOf(flags.store);
    const port = portOf(flags.port);
    const publicUrl = flags["public-url"] === undefined ? undefined : publicUrlOf(flags["public-url"]);
    if (flags.origin && flags.config) throw new CommandError("usage", "either --origin or --config, not both");
    if (flags.watch && flags["no-watch"]) throw new CommandError("usage", "either --watch or --no-watch, not both");
    if (flags.watch && flags.origin)
      throw new CommandError("usage", "--watch: with --origin there is no file to watch");
    const chosenPort = await freePort(port);
    const persist = port > 0 && `dev-${port}`;
    const options = { port: chosenPort, persist, publicUrl, store } as const;
    if (flags.origin) await runUntilAskedToEnd(configFor(flags.origin), options);
    else {
      const read = await readConfigFile(flags.config);
      await runUntilAskedToEnd(requireValid(read), options, flags["no-watch"] ? undefined : read);
    }
    return 0;
  },
};

type RunOptions = Pick<LocalMoorOptions, "port" | "persist" | "publicUrl"> & {
  readonly store: StoreType | undefined;
};

/** @param watched the file of the configuration, if it is to be reloaded when it changes. */
async function runUntilAskedToEnd(
  given: MoorConfig | ResolvedConfig,
  { store, ...options }: RunOptions,
  watched?: ConfigFile,
): Promise<void> {
  const config = withStore(given, store);
  let moor: LocalMoor | undefined;
  const asked = new Promise<void>((resolve) => {
    onceAskedToEnd(() => {
      // A Ctrl-C also reaches the runtime, so a runtime that is still starting may never be ready. An exit ends all of it.
      if (!moor) process.exit(0);
      resolve();
    });
  });
  const secrets = {
    ...adminTokenFor(config),
    ...webhookSecretFor(config),
    ...adoptSecretsFor(config),
    ...loginSecrets(config),
  };
  printOrigins(config);
  const bridges = createHostBridges();
  const { type } = config.stores?.authority ?? { type: "object" };
  const folder = options.persist ? inLocalFolder(options.persist, type) : undefined;
  const stored = await startDevStore(config, process.env, folder);
  if (stored) console.log(`${type} ${stored.address}`);
  const variables = { ...secrets, ...stored?.variables };
  moor = await startLocalMoor({
    ...options,
    config: await bridges.before(withCookieOfPort(config, options.port)),
    variables,
    tellRedis: (text) => console.log(`redis ${text}`),
  }).catch(async (fault: unknown) => {
    await stored?.stop();
    throw fault;
  });
  if (options.publicUrl !== undefined) console.log(`public ${options.publicUrl}`);
  console.log(`ready ${moor.url}`);
  const watch = watched && reloadOnChange(moor, bridges, watched, { port: options.port, store });
  await asked;
  watch?.stop();
  await moor.stop();
  await stored?.stop();
  await bridges.stop();
}

/** Reloads the configuration when its files change. After a mistake the earlier configuration stays. */
function reloadOnChange(
  moor: LocalMoor,
  bridges: HostBridges,
  { file, files }: ConfigFile,
  { port, store }: Pick<RunOptions, "port" | "store">,
): FileWatch {
  let reloading = Promise.resolve();
  const watch = createFileWatch(() => {
    reloading = reloading.then(reload).catch((fault: unknown) => {
      const lines = (fault instanceof CommandError ? fault.message : String(fault)).split("\n");
      for (const line of lines) console.error(`moor dev: ${line}`);
      console.error(`moor dev: ${file} was not reloaded, the earlier configuration stays`);
    });
  });
  async function reload(): Promise<void> {
    const read = await readConfigFile(file);
    watch.follow(read.files);
    const config = withStore(requireValid(read), store);
    adminTokenFor(config);
    webhookSecretFor(config);
    adoptSecretsFor(config);
    await moor.reload(await bridges.before(withCookieOfPort(config, port)));
    printOrigins(config);
    console.log(`reloaded ${file}`);
  }
  watch.follow(files);
  return watch;
}

function printOrigins({ pools }: MoorConfig | ResolvedConfig): void {
  for (const { id: pool, origins } of pools) {
    for (const { id, url } of origins) console.log(`origin ${pool}/${id} ${url}`);
  }
}

/** The name of a cookie is at most 32 characters long, and the port takes up to 6 of them. */
const MAX_NAME_CHARACTERS = 26;

/** The configuration with the port in the name of its cookie: a browser sends a cookie to every port of a host. */
function withCookieOfPort(config: MoorConfig | ResolvedConfig, port: number): MoorConfig | ResolvedConfig {
  const carriers = (config.carriers ?? [{ type: "cookie" }]) as CarrierConfig[];
  const named = carriers.map((carrier) => {
    if (carrier.type !== "cookie") return carrier;
    return { ...carrier, name: `${(carrier.name ?? "moor").slice(0, MAX_NAME_CHARACTERS)}-${port}` };
  });
  return { ...config, carriers: named } as MoorConfig | ResolvedConfig;
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

/** The secret that signs the calls of the webhook, as the environment of this command sets it. */
function webhookSecretFor({ admin }: ResolvedConfig | MoorConfig): Record<string, string> {
  const secret = process.env[WEBHOOK_SECRET];
  if (secret) return { [WEBHOOK_SECRET]: secret };
  if (!admin?.webhook) return {};
  const example = `${WEBHOOK_SECRET}=whsec_$(openssl rand -base64 32) npm run moor -- dev`;
  throw new CommandError(
    "config",
    `admin.webhook: found no ${WEBHOOK_SECRET} in the environment, accepted: one, as in ${example}`,
  );
}

/** The secrets of the clients at providers, as the environment of this command sets them. A public client has none. */
function loginSecrets(config: ResolvedConfig | MoorConfig): Record<string, string> {
  const names = ["MOOR_LOGIN_SECRET", ...(config.logins ?? []).map(({ id }) => secretNameOf(id))];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

function portOf(text = String(DEFAULT_PORT)): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new CommandError("usage", `--port: found ${describe(text)}, accepted: 1 to 65535, or 0 for any free port`);
}

function publicUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" && url.href === `${url.origin}/`) return url.origin;
  const accepted = "https:// and a host, as in https://abc.example.net";
  throw new CommandError("usage", `--public-url: found ${describe(text)}, accepted: ${accepted}`);
}

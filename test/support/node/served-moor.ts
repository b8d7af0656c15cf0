import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MoorConfig } from "../../../src/config/types.ts";
import { storedRows } from "./authority.ts";
import { freePort, portsFreed } from "./ports.ts";
import { type RunningServe, SERVED_CONFIG, startServe } from "./served.ts";
import { testKeys } from "./test-keys.ts";
import type { MoorOptions, RunningMoor } from "./workerd.ts";

/** The ports of one process. */
interface Ports {
  readonly moor: number;
  readonly health: number;
  readonly admin: number;
}

/** Parts of Cloudflare's platform, which `moor serve` does not have. A test that asks for one does not run with `moor serve`. */
const NO_PARTS = ["redis", "metrics", "broken"] as const;

/**
 * Starts `moor serve` in place of the Worker of a deploy, for the tests of conformance that run with both. Each of its isolates is a process
 * of its own.
 *
 * @param options.texts the way to the store, and further bindings.
 */
export async function startServedMoor(given: MoorConfig, options: MoorOptions): Promise<RunningMoor> {
  const { adminToken, around = {}, isolates = 1, texts, hosts = [] } = options;
  const { certificate, loginSecret, ...others } = around;
  const missing = [...NO_PARTS.filter((name) => options[name]), ...Object.keys(others)];
  if (missing.length > 0) throw new Error(`moor serve has none of these: ${missing.join(", ")}`);
  const folder = await mkdtemp(join(tmpdir(), "moor-serve-around-"));
  const trusted = join(folder, "certificate.pem");
  if (certificate !== undefined) await writeFile(trusted, certificate);
  const first = { ...(await testKeys()), ...options.keys };
  const variables = {
    ...texts,
    ...(given.adopt && { MOOR_ADOPT_KEY: first.adopt, MOOR_CONFIRM_KEYS: first.confirm }),
    ...(adminToken !== undefined && { MOOR_ADMIN_TOKEN: adminToken }),
    ...(loginSecret !== undefined && { MOOR_LOGIN_SECRET: loginSecret }),
    ...(certificate !== undefined && { NODE_EXTRA_CA_CERTS: trusted }),
  };
  let [config, keys] = [withoutKv(given), first];
  const logged: string[] = [];
  const ports = await Promise.all(
    Array.from({ length: isolates }, async () => ({
      moor: await freePort(),
      health: await freePort(),
      admin: await freePort(),
    })),
  );

  function start({ moor, health, admin }: Ports): Promise<RunningServe> {
    const { trustedProxies = [] } = config;
    return startServe({
      config: { ...config, trustedProxies: [...SERVED_CONFIG.trustedProxies, ...trustedProxies] },
      keys,
      variables,
      program: ["test/support/node/serve.ts"],
      lines: logged,
      flags: [
        ...["--listen", `127.0.0.1:${moor}`, "--health", `127.0.0.1:${health}`, "--drain-seconds", "1"],
        ...(config.admin ? ["--admin", `127.0.0.1:${admin}`] : []),
        ...[...hosts, ...LOOPBACK, ...LOOPBACK.map((host) => `${host}:${moor}`)].flatMap((host) => ["--host", host]),
      ],
    });
  }
  const processes = await Promise.all(ports.map(start));

  /** Ends a process as a crash would, and starts another. */
  async function restart(nth: number, whileDown?: () => Promise<void>): Promise<void> {
    const own = ports[nth] as Ports;
    await processes[nth]?.kill();
    await whileDown?.();
    await portsFreed(Object.values(own));
    processes[nth] = await start(own);
  }
  async function restartAll(): Promise<void> {
    for (const nth of ports.keys()) await restart(nth);
  }
  // A test that asks for a part of Cloudflare's platform does not run with `moor serve`.
  const refuse = async (): Promise<never> => {
    throw new Error("moor serve has no such part");
  };
  async function elapse(seconds: number): Promise<void> {
    const body = String(seconds * 1000);
    for (const { health } of ports) {
      const response = await fetch(`http://127.0.0.1:${health}/`, { method: "POST", body });
      if (!response.ok) throw new Error(`the clock answers ${response.status}: ${await response.text()}`);
    }
  }
  const [{ moor: port, admin: adminPort, health: healthPort }] = ports as [Ports];
  return {
    port,
    adminPort,
    ports: ports.map(({ moor }) => moor),
    keys: first,
    logged,
    storedSessions: storedRows,
    elapse,
    crashAndRestart: (whileDown, nth = 0) => restart(nth, whileDown),
    deployKeys: (used) => {
      keys = used;
      return restartAll();
    },
    deployConfig: (changes) => {
      config = withoutKv({ ...config, ...changes });
      return restartAll();
    },
    async stop() {
      await Promise.all(processes.map((one) => one.stop()));
      await rm(folder, { recursive: true, force: true });
    },
    alarmsWithin: refuse,
    mostResidentBytes: () => mostResidentBytesOf(processes[0] as RunningServe),
    valueInKv: refuse,
    setKv: refuse,
    expirationInKv: refuse,
    operationsInKv: refuse,
    ringAlarm: refuse,
    dataPoints: refuse,
    objects: { meet: refuse, calls: refuse, done: refuse },
    async runScheduled() {
      const answer = await fetch(`http://127.0.0.1:${healthPort}/cron`, { method: "POST" });
      if (!answer.ok) throw new Error(`the cron job answers ${answer.status}: ${await answer.text()}`);
    },
  };
}

/** Hosts by which tests reach Moor itself. */
const LOOPBACK = ["127.0.0.1", "localhost"];

/** Outside Cloudflare there is no KV, so `moor serve` refuses to keep a replica of each session there. */
function withoutKv(config: MoorConfig): MoorConfig {
  const { replicate, ...stores } = config.stores ?? {};
  return replicate === "always" ? { ...config, stores } : config;
}

/** The most memory that workerd has held at once, which the process of the command has started. */
async function mostResidentBytesOf({ process: { pid } }: RunningServe): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ");
  const statuses = await Promise.all(children.map((child) => readFile(`/proc/${child}/status`, "utf8")));
  const workerd = statuses.find((status) => status.startsWith("Name:\tworkerd\n")) ?? "";
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(workerd)?.[1]) * 1024;
}

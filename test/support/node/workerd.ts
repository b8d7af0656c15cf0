import type { ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inject } from "vitest";
import type { NamespaceFault } from "../../../emulation/objects-over-link.ts";
import type { MiddlewareConfig } from "../../../src/config/middleware.ts";
import type { MoorConfig } from "../../../src/config/types.ts";
import { givenAuthority } from "./authority.ts";
import { freePort } from "./ports.ts";
import { startServedMoor } from "./served-moor.ts";
import { type TestKeys, testKeys } from "./test-keys.ts";
import { type RedisAccess, STORED, type Surroundings, workerdConfig } from "./workerd-config.ts";
import { killProcess, runWorkerd } from "./workerd-process.ts";

export { TEST_ISSUER } from "./workerd-config.ts";

/** Moor in plain workerd. */
export interface RunningMoor {
  readonly port: number;
  /** The port at which the admin API answers. */
  readonly adminPort: number;
  /** The port of each of its isolates. The first isolate is at `port`, and holds the objects of all. */
  readonly ports: readonly number[];
  /** The keys with which it signs and encrypts. Tests forge and check with them. */
  readonly keys: TestKeys;
  /** The lines it has logged. */
  readonly logged: string[];
  /** The databases of the sessions that are stored, a file each. */
  storedSessions(): Promise<string[]>;
  /** The number of alarms of its objects that are set for the next seconds, or that ring. */
  alarmsWithin(seconds: number): Promise<number>;
  /** The most memory that the process has held at once. */
  mostResidentBytes(): Promise<number>;
  /** The value in KV under a key, as it is stored. */
  valueInKv(key: string): Promise<string | undefined>;
  /** The time until which KV holds a key, in seconds since 1970. */
  expirationInKv(key: string): Promise<number | undefined>;
  /** Takes KV away, or brings it back. */
  setKv(state: "away" | "here"): Promise<void>;
  /** The operations of KV since the process began, in order, such as `GET s/…`. */
  operationsInKv(): Promise<string[]>;
  /**
   * Moves its clock and the clock of its objects ahead, if it is `watched`. A crash ends that. Alarms ring by the
   * machine's clock.
   */
  elapse(seconds: number): Promise<void>;
  /**
   * Rings the alarm of a pool's object if it is due by that clock. Resolves when it has rung. Moor must be `watched`.
   */
  ringAlarm(pool: string): Promise<void>;
  /** The data points in its dataset, in order. Moor has a dataset if it has `metrics`. */
  dataPoints(): Promise<WrittenPoint[]>;
  /** The link to its objects. Moor has a link if it is `watched`. */
  readonly objects: ObjectsLink;
  /** Runs the scheduled handler, as the cron trigger would; rejects if it fails. Resolves when its `waitUntil`s have ended. */
  runScheduled(): Promise<void>;
  /** Ends the process, and starts another on the same storage with these keys, as a deploy of new secrets does. */
  deployKeys(keys: TestKeys): Promise<void>;
  /** Ends the process, and starts another on the same storage whose configuration has these changes, as a deploy does. */
  deployConfig(changes: Partial<MoorConfig>): Promise<void>;
  /** Ends a process as a crash would, and starts another on the same storage. Default: the first process. */
  crashAndRestart(whileDown?: () => Promise<void>, nth?: number): Promise<void>;
  stop(): Promise<void>;
}

/** A data point as Analytics Engine gets it: doubles that were not written are 0. */
export interface WrittenPoint {
  readonly index: string;
  readonly blobs: readonly string[];
  readonly doubles: readonly number[];
}

/** The link between a watched Moor and its objects. */
export interface ObjectsLink {
  /**
   * Sets the fault that calls meet from now on: all calls, or the calls of a method. `undefined`: they work. A crash
   * ends the fault.
   */
  meet(fault: NamespaceFault | undefined, method?: "read" | "commit" | "takeOver" | "endAll"): Promise<void>;
  /**
   * The methods that were called since the process began, in order. A repeated call counts twice. Calls of an isolate
   * follow the calls of the isolate before it.
   */
  calls(): Promise<string[]>;
  /** The methods whose calls have been answered since the process began, also after their callers had given them up. */
  done(): Promise<string[]>;
}

/**
 * The Worker that runs Moor: the Worker that is deployed in front of origins, `middleware-worker.ts`, which answers as
 * an origin would, or the Worker of examples/hono, which has a configuration of its own.
 */
export type Role = "proxy" | "middleware" | "example";

/** The options of a Moor besides its configuration. */
export interface MoorOptions {
  /** Default: the proxy. */
  readonly role?: Role | undefined;
  /** Default: absent, and the Redis tier is off. */
  readonly redis?: RedisAccess | undefined;
  /** Further bindings. Default: those that the authority of the project's tests needs. */
  readonly texts?: Readonly<Record<string, string>> | undefined;
  /** The token that admins send. Default: absent. */
  readonly adminToken?: string | undefined;
  /**
   * Whether a test can watch and cut its link to its objects, and move its clock ahead. Default: only with the
   * middleware.
   */
  readonly watched?: boolean | undefined;
  /** The file of another build of the Worker, which is not watched. Default: the build with all parts. */
  readonly build?: string | undefined;
  /** Whether a dataset of Analytics Engine is bound; default `false`. */
  readonly metrics?: boolean | undefined;
  /** The surroundings of the Worker, without its stores. Default: nothing. */
  readonly around?: Surroundings | undefined;
  /** Hosts that visitors ask for, besides the host of the issuer and those of the routes. Only `moor serve` refuses all others. */
  readonly hosts?: readonly string[] | undefined;
  /** Keys in place of fresh keys. */
  readonly keys?: Partial<TestKeys>;
  /** Whether it cannot work. Then the start is over when it answers 500. Default `false`. */
  readonly broken?: boolean;
  /** The number of isolates, as if they ran in several places of the Earth. Default 1. */
  readonly isolates?: number | undefined;
  /** Whether each isolate runs in a process of its own. They share the objects and the KV of the first. Default `false`. */
  readonly apart?: boolean | undefined;
}

/** Whether `moor serve` takes the place of the Worker of a deploy. */
const RUNS_SERVED = process.env.MOOR_TEST_RUNTIME === "serve";

/** Named by the object's id; beside them workerd keeps a database of its own, for alarms. */
const OBJECT_FILE = /[0-9a-f]{64}\.sqlite$/;

/**
 * Starts the built Worker in `workerd serve`: real sockets, objects and KV on disk, https by `X-Forwarded-Proto`, `request.cf` by
 * `CF-Blob` (JSON).
 */
export async function startMoor(given: MoorConfig | MiddlewareConfig, options: MoorOptions = {}): Promise<RunningMoor> {
  const { adminToken, role = "proxy", watched = role === "middleware", around, broken = false } = options;
  const authority = await givenAuthority(given, options);
  const { redis } = authority;
  const texts = { ...options.texts, ...authority.texts };
  let { config } = authority;
  if (RUNS_SERVED && role === "proxy") {
    return startServedMoor(config as MoorConfig, { ...options, redis, texts });
  }
  const { metrics = false, isolates = 1, apart = false } = options;
  const folder = await mkdtemp(join(tmpdir(), "moor-workerd-"));
  const edge = async () => ({ moor: await freePort(), link: watched ? await freePort() : undefined });
  const others = await Promise.all(Array.from({ length: isolates - 1 }, edge));
  const dataset = metrics ? await freePort() : undefined;
  const first = apart ? { objects: await freePort(), kv: await freePort() } : undefined;
  const own = async () => ({ cron: await freePort(), kv: await freePort() });
  const ports = { ...(await edge()), ...(await own()), dataset, sharedKv: first?.kv };
  const { moor: port } = ports;
  const keys = { ...(await testKeys()), ...options.keys };
  const objectsFolder = join(folder, STORED.objects);
  const files = { worker: options.build ?? fileOf(role, watched), platform: inject("platformFile") };
  const described = { files, redis, texts, adminToken, ...around };
  const further = apart ? others : [];
  const folderOf = (nth: number) => (nth === 0 ? folder : join(folder, `process-${nth}`));
  const furtherPorts = await Promise.all(further.map(async (edge) => ({ ...edge, ...(await own()) })));
  const configs = [
    { ...described, folder, ports, others: apart ? [] : others },
    ...furtherPorts.map((used, nth) => ({ ...described, folder: folderOf(nth + 1), ports: used, first })),
  ];
  for (const { folder: of } of configs) {
    for (const name of Object.values(STORED)) await mkdir(join(of, name), { recursive: true });
  }
  const configure = async (used: TestKeys) => {
    for (const of of configs)
      await writeFile(join(of.folder, "config.capnp"), workerdConfig({ ...of, config, keys: used }));
  };
  const links = [ports, ...others].map(({ link }) => link);
  const tellLink = async (link: number | undefined, method: string, body: string) => {
    const response = await fetch(`http://127.0.0.1:${link}`, { method, body });
    if (!response.ok) throw new Error(`the link answers ${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  };
  const tellLinks = async (method: string, body: string) => {
    await Promise.all(links.map((link) => tellLink(link, method, body)));
  };
  await configure(keys);
  const logged: string[] = [];
  const start = (nth: number, isBroken = broken) => {
    const { folder: of, ports: used } = configs[nth] as (typeof configs)[number];
    return runWorkerd(
      { folder: of, port: used.moor, debugPort: nth === 0 ? first?.objects : undefined, logged },
      isBroken,
    );
  };
  const processes: ChildProcess[] = [];
  for (const nth of configs.keys()) processes.push(await start(nth));
  /** Ends a process, and starts another on the same storage. */
  async function restart(nth: number, whileDown?: () => Promise<void>, isBroken = broken): Promise<void> {
    await killProcess(processes[nth] as ChildProcess);
    await whileDown?.();
    processes[nth] = await start(nth, isBroken);
  }
  async function deploy(used: TestKeys): Promise<void> {
    await configure(used);
    for (const nth of configs.keys()) await restart(nth, undefined, false);
  }

  return {
    port,
    adminPort: port,
    ports: [ports, ...others].map(({ moor }) => moor),
    keys,
    logged,
    async storedSessions() {
      const files = await readdir(objectsFolder, { recursive: true });
      return files.filter((file) => OBJECT_FILE.test(file)).map((file) => join(objectsFolder, file));
    },
    async alarmsWithin(seconds) {
      const files = await readdir(objectsFolder, { recursive: true });
      const schedules = files.filter((file) => basename(file) === "metadata.sqlite");
      return schedules.reduce(
        (sum, file) => sum + alarmsBefore(join(objectsFolder, file), Date.now() + seconds * 1000),
        0,
      );
    },
    async mostResidentBytes() {
      const status = await readFile(`/proc/${processes[0]?.pid}/status`, "utf8");
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    valueInKv: async (key) => (await askAt<{ value?: string }>(ports.kv, key)).value,
    expirationInKv: async (key) => (await askAt<{ expiration?: number }>(ports.kv, key)).expiration,
    operationsInKv: () => askAt(ports.kv),
    setKv: async (state) => {
      const response = await fetch(`http://127.0.0.1:${ports.kv}/`, { method: "PUT", body: state });
      if (!response.ok) throw new Error(`the view of KV answers ${response.status}`);
    },
    elapse: (seconds) => tellLinks("POST", String(seconds * 1000)),
    ringAlarm: (pool) => tellLink(ports.link, "PATCH", pool),
    async dataPoints() {
      const points = await askAt<Record<string, unknown>[]>(Number(dataset));
      const text = (bytes: unknown) => Buffer.from((bytes ?? []) as number[]).toString("utf8");
      const places = Array.from({ length: 20 }, (_, at) => at + 1);
      return points.map((point) => ({
        index: text(point.index1),
        blobs: places.filter((at) => `blob${at}` in point).map((at) => text(point[`blob${at}`])),
        doubles: places.map((at) => Number(point[`double${at}`])),
      }));
    },
    objects: {
      meet: (fault, method) => tellLinks("PUT", JSON.stringify({ fault, method })),
      calls: async () => (await Promise.all(links.map((link) => askAt<string[]>(Number(link))))).flat(),
      done: async () => (await Promise.all(links.map((link) => askAt<string[]>(Number(link), "done")))).flat(),
    },
    async runScheduled() {
      const response = await fetch(`http://127.0.0.1:${ports.cron}`);
      const outcome = await response.text();
      if (!response.ok) throw new Error(`the scheduled handler ended with: ${outcome}`);
    },
    deployKeys: deploy,
    async deployConfig(changes) {
      config = { ...config, ...changes };
      await deploy(keys);
    },
    crashAndRestart: (whileDown, nth = 0) => restart(nth, whileDown),
    async stop() {
      await Promise.all(processes.map(killProcess));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The alarms of a class of objects before a time. workerd keeps them in a database, in nanoseconds, until they have rung. */
function alarmsBefore(file: string, time: number): number {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    const query = "SELECT count(*) AS count FROM _cf_ALARM WHERE scheduled_time < ?";
    return Number(database.prepare(query).get(BigInt(time) * 1_000_000n)?.count);
  } finally {
    database.close();
  }
}

async function askAt<T>(port: number, path = ""): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/${encodeURIComponent(path)}`);
  return (await response.json()) as T;
}

function fileOf(role: Role, watched: boolean): string {
  if (role === "proxy") return inject(watched ? "watchedFile" : "workerFile");
  return inject(role === "middleware" ? "middlewareFile" : "exampleFile");
}

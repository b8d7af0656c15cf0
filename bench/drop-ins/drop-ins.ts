import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request as send } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../test/sdk/conformance/drop-in.ts";
import { startFakeMoor } from "../../test/sdk/conformance/fake-moor.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { type Redis, startRedis } from "../../test/support/node/redis-on-port.ts";
import { table } from "../table.ts";
import { STACKS, type Stack } from "./stacks.ts";

/** A kind of request, with one store of sessions. */
export interface Cost {
  readonly p50Ms: number;
  /** Calls of the store by the server, per request. */
  readonly storeCalls: number;
}

/** The costs of a framework's sessions in Moor and in Redis. */
export interface DropInCosts {
  readonly name: string;
  readonly redisStore: string;
  readonly moor: { readonly read: Cost; readonly change: Cost };
  readonly redis: { readonly read: Cost; readonly change: Cost };
}

const REQUESTS = 1_000;
/** Debian's packages, and for each a command that fails without it. */
const NEEDS = [
  ["redis-server", "redis-server", "-v"],
  ["php-redis", "php", "-r", "exit(extension_loaded('redis') ? 0 : 1);"],
  ["ruby-sinatra", "ruby", "-e", "require 'sinatra/base'; require 'puma'"],
  ["php-symfony-http-foundation", "php", "-r", "require 'Symfony/Component/HttpFoundation/autoload.php';"],
  ["php-laravel-framework", "php", "-r", "require 'Illuminate/autoload.php';"],
  ["ruby-railties", "ruby", "-e", "require 'rails'; require 'puma'"],
  ["ruby-redis", "ruby", "-e", "require 'redis'"],
  ["ruby-redis-rack", "ruby", "-e", "require 'rack/session/redis'"],
  ["golang-go", "go", "version"],
  ["maven", "mvn", "-v"],
] as const;
/** The stores take turns, so that a disturbance of the machine meets both. */
const ROUNDS = 5;

/** The names of programs and packages that are missing; undefined: nothing is missing. */
export function missingForDropIns(): string | undefined {
  const missing = NEEDS.filter(([, program, ...args]) => spawnSync(program, args, { stdio: "ignore" }).status !== 0);
  if (missing.length === 0) return undefined;
  return `drop-ins needs ${missing.map(([debianPackage]) => debianPackage).join(", ")}: apt-get install them`;
}

/** Measures each framework with its sessions in Moor, and in Redis. */
export async function measureDropIns(say: (line: string) => void): Promise<DropInCosts[]> {
  const costs: DropInCosts[] = [];
  for (const stack of STACKS) {
    say(`drop-ins: ${stack.name}`);
    costs.push(await measureStack(stack));
  }
  return costs;
}

/** A server whose requests can be sent, one after the other. */
interface Measured {
  /** Sends a request, and resolves to how long it took, in milliseconds. */
  ask(kind: "read" | "change"): Promise<number>;
  calls(): Promise<number>;
  stop(): Promise<void>;
}

/** Measures a framework. `requests`: how many of each kind. */
export async function measureStack(stack: Stack, requests = REQUESTS): Promise<DropInCosts> {
  const out = await mkdtemp(join(tmpdir(), "moor-bench-drop-ins-"));
  const started: Measured[] = [];
  try {
    await stack.build?.(out);
    const moor = await withMoor(stack, out);
    started.push(moor);
    const redis = await withRedis(stack, out);
    started.push(redis);
    const { name, redisStore } = stack;
    for (const each of started) {
      for (let done = 0; done < stack.warmUp; done++) await each.ask(done % 2 === 0 ? "change" : "read");
    }
    const [read, change] = [
      await measureKind("read", requests, moor, redis),
      await measureKind("change", requests, moor, redis),
    ];
    return {
      name,
      redisStore,
      moor: { read: read[0], change: change[0] },
      redis: { read: read[1], change: change[1] },
    };
  } finally {
    for (const each of started) await each.stop();
    await rm(out, { recursive: true, force: true });
  }
}

async function measureKind(
  kind: "read" | "change",
  requests: number,
  moor: Measured,
  redis: Measured,
): Promise<[Cost, Cost]> {
  const times: [number[], number[]] = [[], []];
  const calls: [number, number] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    for (const index of [0, 1] as const) {
      const measured = index === 0 ? moor : redis;
      const before = await measured.calls();
      for (let done = 0; done < requests / ROUNDS; done++) times[index].push(await measured.ask(kind));
      calls[index] += (await measured.calls()) - before;
    }
  }
  const costOf = (index: 0 | 1): Cost => {
    const sorted = times[index].toSorted((a, b) => a - b);
    return { p50Ms: sorted[sorted.length >> 1] as number, storeCalls: calls[index] / requests };
  };
  return [costOf(0), costOf(1)];
}

/** The server behind a fake Moor. Each request has a handoff of its own, which the server verifies. */
async function withMoor(stack: Stack, out: string): Promise<Measured> {
  const fake = await startFakeMoor();
  const settings = { MOOR_ISSUER: fake.issuer, MOOR_AUDIENCE: fake.audience, MOOR_URL: fake.url };
  const server = await started(stack, out, settings, undefined);
  let [version, calls] = [0, 0];
  return {
    async ask(kind) {
      const handoff = fake.handoff({ ver: ++version, data: { visits: version } });
      return (await server.ask(kind, { "Moor-Session": handoff })).ms;
    },
    calls: async () => (calls += fake.takeCalls().length),
    async stop() {
      await server.stop();
      await fake.stop();
    },
  };
}

/** The server with Redis, for a visitor with a cookie. */
async function withRedis(stack: Stack, out: string): Promise<Measured> {
  const redis: Redis = await startRedis();
  const server = await started(stack, out, { REDIS_URL: redis.url }, redis.port);
  const { cookie } = await server.ask("change", {});
  return {
    ask: async (kind) => (await server.ask(kind, { Cookie: cookie })).ms,
    calls: redis.calls,
    async stop() {
      await server.stop();
      await redis.stop();
    },
  };
}

async function started(stack: Stack, out: string, env: Record<string, string>, redisPort: number | undefined) {
  const port = await freePort();
  const argv = await stack.command(out, port, redisPort);
  const settings = { MOOR_ISSUER: "", MOOR_AUDIENCE: "", MOOR_URL: "" };
  const server = await startServer({ name: stack.name, command: () => ({ argv, env }) }, out, settings, { port });
  const agent = new Agent({ keepAlive: true });
  return {
    async ask(kind: "read" | "change", headers: Record<string, string>): Promise<{ ms: number; cookie: string }> {
      const [method, path] = kind === "read" ? ["GET", "/read"] : ["POST", "/incr?k=visits"];
      const begin = performance.now();
      const { status, cookies } = await new Promise<{ status: number; cookies: readonly string[] }>(
        (resolve, reject) => {
          send(`${server.url}${path}`, { method, headers, agent }, (response) => {
            response.resume().once("end", () => {
              resolve({ status: response.statusCode ?? 0, cookies: response.headers["set-cookie"] ?? [] });
            });
          })
            .once("error", reject)
            .end();
        },
      );
      const ms = performance.now() - begin;
      if (status !== 200) throw new Error(`${stack.name} answers ${path} with ${status}:\n${server.output()}`);
      return { ms, cookie: cookies.map((cookie) => cookie.split(";")[0]).join("; ") };
    },
    async stop() {
      agent.destroy();
      await server.kill();
    },
  };
}

/** The table of docs/explanation/performance.md. */
export function dropInsTable(costs: readonly DropInCosts[]): string {
  const cells = ({ read, change }: DropInCosts["moor"]) => [
    read.p50Ms.toFixed(2),
    change.p50Ms.toFixed(2),
    [read, change].map(({ storeCalls }) => storeCalls.toFixed(1).replace(/\.0$/, "")).join(" / "),
  ];
  const rows = costs.flatMap(({ name, redisStore, moor, redis }) => [
    [`**${name}**`, "Moor", ...cells(moor)],
    ["", redisStore, ...cells(redis)],
  ]);
  return table(["", "sessions in", "read, p50 ms", "change, p50 ms", "calls of the store, read / change"], rows);
}

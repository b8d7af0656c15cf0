import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMoor } from "../../bench/http/workerd.ts";
import type { OriginConfig, PoolConfig } from "../../src/config/pool-types.ts";
import { startNginx } from "../../test/support/node/nginx.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { startServer } from "../../test/support/node/started.ts";
import type { Build } from "./build.ts";
import type { Origin } from "./origins.ts";

/** The program in front of the origins. */
export type FrontName = "moor" | "nginx" | "haproxy";

/** A front that runs. */
export interface Front {
  readonly port: number;
  /** How often it has ejected an origin; `undefined`: it does not tell. */
  ejections(): number | undefined;
  stop(): Promise<void>;
}

/** How a front is set up. All fronts wait as long for an origin's answer; the rest is Moor's alone. */
export interface FrontSettings {
  /** How long an origin may take to answer, in seconds. Default: 30. */
  readonly deadlineSeconds?: number;
  readonly pool?: Omit<Partial<PoolConfig>, "id" | "origins">;
  /** Regions of origins, by their names. */
  readonly regions?: Readonly<Record<string, NonNullable<OriginConfig["region"]>>>;
}

type Start = (origins: readonly Origin[], settings: FrontSettings, build: Build) => Promise<Front>;

/** All fronts, and how each is started. */
export const FRONTS: Readonly<Record<FrontName, { readonly title: string; readonly start: Start }>> = {
  moor: { title: "Moor", start: startMoorBefore },
  nginx: { title: "nginx", start: startNginxBefore },
  haproxy: { title: "HAProxy", start: startHaproxyBefore },
};

/** Whether a program is not on the PATH. */
export function isMissing(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error !== undefined;
}

async function startMoorBefore(
  origins: readonly Origin[],
  { deadlineSeconds = 30, pool, regions = {} }: FrontSettings,
  build: Build,
): Promise<Front> {
  const configs = origins.map(({ name, port }) => ({ id: name, url: `http://127.0.0.1:${port}`, ...region(name) }));
  function region(name: string) {
    return regions[name] === undefined ? {} : { region: regions[name] };
  }
  const { port, logged, stop } = await startMoor(await build(), {
    pools: [{ id: "shop", origins: configs, attemptDeadlineMs: deadlineSeconds * 1_000, ...pool }],
  });
  const ejections = () => logged.filter((line) => line.includes('"event":"origin_ejected"')).length;
  return { port, ejections, stop };
}

/** nginx as in many guides: sessions by the hash of a cookie, connections kept, and its defaults for failures. */
async function startNginxBefore(origins: readonly Origin[], { deadlineSeconds = 30 }: FrontSettings): Promise<Front> {
  const port = await freePort();
  const servers = origins.map((origin) => `server 127.0.0.1:${origin.port};`).join(" ");
  const { stop } = await startNginx(
    `upstream shop { hash $cookie_sid consistent; ${servers} keepalive 32; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_read_timeout ${deadlineSeconds}s;
    }
  }`,
    port,
  );
  return { port, ejections: () => undefined, stop };
}

/** HAProxy with a cookie that names the origin, checks (every 2 s, three to fall), three retries and redispatch. */
async function startHaproxyBefore(origins: readonly Origin[], { deadlineSeconds = 30 }: FrontSettings): Promise<Front> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "moor-haproxy-"));
  const file = join(folder, "haproxy.cfg");
  await writeFile(
    file,
    `defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server ${deadlineSeconds}s
  option redispatch
  retries 3
frontend shop
  bind 127.0.0.1:${port}
  default_backend origins
backend origins
  balance roundrobin
  cookie SRV insert indirect nocache
  option httpchk HEAD /
  default-server check
${origins.map((origin) => `  server ${origin.name} 127.0.0.1:${origin.port} cookie ${origin.name}`).join("\n")}
`,
  );
  const haproxy = await startServer(["haproxy", "-db", "-f", file], port, { needs: "haproxy" });
  return {
    port,
    ejections: () => undefined,
    async stop() {
      await haproxy.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

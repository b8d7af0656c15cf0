import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "../../test/support/node/nginx.ts";
import { freePort } from "../../test/support/node/ports.ts";
import { startServer } from "../../test/support/node/started.ts";

/** A proxy in front of origins. */
export interface RunningProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** Programs that the contestants need; Debian calls their packages the same. */
const PROGRAMS = ["nginx", "haproxy", "redis-server"];

/** The programs that the contestants need and that are missing; undefined: no program is missing. */
export function missingPrograms(): string | undefined {
  const missing = PROGRAMS.filter((program) => spawnSync(program, ["-v"], { stdio: "ignore" }).error !== undefined);
  if (missing.length === 0) return undefined;
  return `rivals needs ${missing.join(", ")}, which is not on the PATH: apt-get install ${missing.join(" ")}`;
}

/** nginx with `ip_hash`; when an origin fails, and for how long it is left out, is nginx's default. */
export async function startNginxIpHash(origins: readonly string[]): Promise<RunningProxy> {
  const port = await freePort();
  const http = `
  upstream shop {
    ip_hash;
    ${origins.map((origin) => `server ${new URL(origin).host};`).join("\n    ")}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://shop;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`;
  const { stop } = await startNginx(http, port);
  return { port, stop };
}

/**
 * HAProxy with a cookie that names the origin. It checks every second whether an origin takes connections. A request
 * that meets an origin that does not take connections goes to another origin at once. By default it would do so after
 * three tries a second apart.
 */
export async function startHaproxyCookie(origins: readonly string[]): Promise<RunningProxy> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "moor-haproxy-"));
  const file = join(folder, "haproxy.cfg");
  await writeFile(
    file,
    `global
  maxconn 4096
  nbthread 1
defaults
  mode http
  option redispatch 1
  option forwardfor
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend shop
  bind 127.0.0.1:${port}
  default_backend origins
backend origins
  balance roundrobin
  cookie SRV insert indirect nocache
  default-server check inter 1s
${origins.map((origin, index) => `  server o${index} ${new URL(origin).host} cookie o${index}`).join("\n")}
`,
  );
  const haproxy = await startServer(["haproxy", "-db", "-f", file], port, { needs: "haproxy" });
  return {
    port,
    async stop() {
      await haproxy.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

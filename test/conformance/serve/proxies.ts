import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificate } from "../../support/node/certificate.ts";
import { replaced, shownConfiguration } from "./guide.ts";

/** A real proxy that ends TLS, with the configuration that the guide shows. */
export interface RunningProxy {
  /** Does as the guide says before a process is stopped. */
  takeOut(address: string): Promise<void>;
  /** Takes it in again. */
  takeIn(address: string): Promise<void>;
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  /** The machines of the three processes. */
  readonly machines: readonly string[];
  /** The port of the processes. Default: that of the guide. */
  readonly machinePort?: number;
  /** Further blocks for nginx, with the names of files that the guide shows. Default: none. */
  readonly more?: string;
}

const HOST = "shop.test";
const SHOWN_MACHINES = ["10.0.1.11", "10.0.1.12", "10.0.1.13"];
const SHOWN_PORT = 8080;

function ownWords({ machines, machinePort = SHOWN_PORT }: ProxyOptions): Record<string, string> {
  const addressOf = (nth: number) => `${machines[nth] ?? ""}:${machinePort}`;
  return Object.fromEntries(SHOWN_MACHINES.map((shown, nth) => [`${shown}:${SHOWN_PORT}`, addressOf(nth)]));
}

async function stop(proxy: ChildProcess, folder: string): Promise<void> {
  proxy.kill("SIGTERM");
  await once(proxy, "exit");
  await rm(folder, { recursive: true, force: true });
}

/** nginx, which asks no process for its health. */
export async function startNginx(options: ProxyOptions): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), "moor-nginx-"));
  const { key, cert } = await makeCertificate(folder, HOST);
  const shown = replaced(shownConfiguration("nginx.conf") + (options.more ?? ""), {
    ...ownWords(options),
    "listen 443 ssl;": `listen ${options.address}:${options.port} ssl;`,
    "shop.example.com": HOST,
    "/etc/ssl/shop.pem": cert,
    "/etc/ssl/shop.key": key,
    "proxy_read_timeout 35s": "proxy_read_timeout 3s",
  });
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const frame = ["daemon off;", "user root;", `pid ${folder}/nginx.pid;`, "worker_processes 1;", "events {}", "http {"];
  const file = join(folder, "nginx.conf");
  await writeFile(file, [...frame, "access_log off;", ...paths, shown, "}"].join("\n"));
  const nginx = spawn("nginx", ["-p", folder, "-c", file, "-e", join(folder, "error.log")], { stdio: "ignore" });

  async function rewrite(change: (text: string) => string): Promise<void> {
    await writeFile(file, change(await readFile(file, "utf8")));
    nginx.kill("SIGHUP");
    // The old workers finish their requests, and the new ones have the new list a moment later.
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return {
    takeOut: (address) => rewrite((text) => text.replace(`server ${address}:8080`, `server ${address}:8080 down`)),
    takeIn: (address) => rewrite((text) => text.replace(`server ${address}:8080 down`, `server ${address}:8080`)),
    stop: () => stop(nginx, folder),
  };
}

/** HAProxy, which asks each process for its health. */
export async function startHaproxy(options: ProxyOptions): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), "moor-haproxy-"));
  const { pem } = await makeCertificate(folder, HOST);
  const shown = replaced(shownConfiguration("haproxy.cfg"), {
    ...ownWords(options),
    "bind :443": `bind ${options.address}:${options.port}`,
    "/etc/ssl/shop-with-key.pem": pem,
    "timeout server 35s": "timeout server 3s",
  });
  const file = join(folder, "haproxy.cfg");
  await writeFile(file, shown);
  const haproxy = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore" });
  return { takeOut: async () => {}, takeIn: async () => {}, stop: () => stop(haproxy, folder) };
}

import { resolve } from "node:path";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { parseKeyRing } from "../../src/inbound/token/key-ring.ts";
import type { ServedSettings } from "../../src/serve/settings.ts";
import { describe, formatMistakes } from "../../src/settings/mistakes.ts";
import { probePlanOf } from "../../src/upstream/live/probe-plan.ts";
import { type Command, CommandError } from "../command.ts";
import { readConfigFile, requireValid } from "../config-file.ts";
import { readFlags } from "../flags.ts";
import { startLocalCron } from "../local-cron.ts";
import { goOnWithoutLog } from "../lost-log.ts";
import { inProject } from "../project.ts";
import { bundleWorker, findPrograms, SERVED_MODULE } from "../serve/bundle.ts";
import { furtherCertificates } from "../serve/certificates.ts";
import { readVariables } from "../serve/environment.ts";
import { logEntry } from "../serve/log-lines.ts";
import { loopMarks, loopMistakes } from "../serve/loops.ts";
import { networksFor } from "../serve/networks.ts";
import { startProbing } from "../serve/probing.ts";
import { hostsOf, isServedHost, NEW_SESSIONS_PER_MINUTE, serveMistakes } from "../serve/refusals.ts";
import { type Runtime, startRuntime } from "../serve/runtime.ts";
import { addressOf, openSockets } from "../serve/sockets.ts";
import { onceAskedToEnd } from "../signals.ts";

const DEFAULTS = { listen: "127.0.0.1:8080", health: "127.0.0.1:8081", notice: 5, drain: 30 };
/** As much as `FOUNDING_LIMIT` in wrangler.toml. */
const PER_ADDRESS = 600;

/** `moor serve`: runs the Worker on this machine for visitors, without Cloudflare. */
export const serve = {
  summary: "runs Moor for visitors without Cloudflare, behind your own proxies",
  usage: `moor serve [--config FILE] [--listen ADDRESS] [--health ADDRESS] [--admin ADDRESS] [--host HOST]...
           [--new-sessions-per-minute N] [--drain-notice-seconds N] [--drain-seconds N]

Runs the Worker on plain workerd, behind proxies that end TLS (trustedProxies of the configuration). Sessions are in the store of
stores.authority: Redis by a socket, or Postgres. Any number of processes on any number of machines serve one site, and share nothing
else. docs/guide/serve.md tells what differs from Cloudflare, and has files for systemd, containers, nginx and HAProxy.

  --config FILE      default: moor.config.ts
  --listen ADDRESS   where proxies reach it. Default: ${DEFAULTS.listen}. An address is an IP address and a port
  --health ADDRESS   answers GET /live, and GET /ready: 503 while the store does not answer, its clock is more than 5 s apart, or
                     the process drains. Default: ${DEFAULTS.health}
  --admin ADDRESS    answers the admin API, on this machine alone. Needed if the configuration has admin
  --host HOST        serves this host, too. May be repeated. Without it: the hosts of MOOR_ISSUER and of the routes
  --new-sessions-per-minute N
                     of the whole site. Default: ${NEW_SESSIONS_PER_MINUTE}. The clients of one address found at most ${PER_ADDRESS} of them
  --drain-notice-seconds N
                     after SIGTERM: how long it still accepts requests, while /ready says that it drains. Default: ${DEFAULTS.notice}
  --drain-seconds N  how long requests and the work after them may take from then on. Default: ${DEFAULTS.drain}

Secrets are in the environment, as NAME, or in a file that NAME_FILE names: MOOR_TOKEN_KEYS, MOOR_HANDOFF_KEYS, MOOR_STORE_KEYS,
MOOR_ISSUER, and the address of the store. With admin: MOOR_ADMIN_TOKEN. With login: MOOR_LOGIN_SECRET. Certificates in the file of
NODE_EXTRA_CA_CERTS are trusted, too. The log is on stdout, a line of JSON for each entry.

Exit codes: 0: drained, and nothing was cut off. 1: work was cut off, or the runtime ended by itself. 2: a mistake that you can correct.`,

  /** @param served the module whose `createServed` makes the entrypoints of the Worker. Tests have one whose clock they move. */
  async run(args: readonly string[], served = SERVED_MODULE): Promise<number> {
    const flags = readFlags(args, {
      config: { type: "string" },
      listen: { type: "string" },
      health: { type: "string" },
      admin: { type: "string" },
      host: { type: "string", multiple: true },
      "new-sessions-per-minute": { type: "string" },
      "drain-notice-seconds": { type: "string" },
      "drain-seconds": { type: "string" },
    });
    const addresses = {
      default: addressOf("--listen", flags.listen ?? DEFAULTS.listen),
      health: addressOf("--health", flags.health ?? DEFAULTS.health),
      ...(flags.admin !== undefined && { admin: addressOf("--admin", flags.admin, { isLoopbackOnly: true }) }),
    };
    const hosts = (flags.host ?? []).map((host) => {
      if (isServedHost(host)) return host;
      throw new CommandError("usage", `--host: found ${describe(host)}, accepted: a host name in lower case`);
    });
    const perSite = numberOf(
      "--new-sessions-per-minute",
      flags["new-sessions-per-minute"],
      NEW_SESSIONS_PER_MINUTE,
      1_000_000,
    );
    const noticeMs = numberOf("--drain-notice-seconds", flags["drain-notice-seconds"], DEFAULTS.notice, 3_600) * 1_000;
    const mostMs = numberOf("--drain-seconds", flags["drain-seconds"], DEFAULTS.drain, 3_600) * 1_000;

    const read = await readConfigFile(flags.config);
    const config = requireValid(read);
    const mistakes = serveMistakes(config);
    if (mistakes.length > 0) throw new CommandError("config", formatMistakes(mistakes));
    if (config.admin && !flags.admin)
      throw new CommandError(
        "usage",
        "--admin: found nothing, accepted: an address of this machine, because the configuration has admin",
      );
    if (flags.admin && !config.admin)
      throw new CommandError(
        "usage",
        `--admin: found ${describe(flags.admin)}, accepted: nothing, because the configuration has no admin`,
      );
    const { values, storeHosts } = readVariables(config, process.env);
    const certificates = furtherCertificates(process.env);
    const networks = await networksFor(config, storeHosts);
    const flagged = Object.fromEntries(Object.entries(addresses).map(([name, address]) => [FLAGS[name], address]));
    const loops = loopMistakes(config, networks, flagged);
    if (loops.length > 0) throw new CommandError("config", formatMistakes(loops));
    const programs = await findPrograms();
    const file = flags.config === undefined ? inProject("moor.config.ts") : resolve(flags.config);
    const worker = await bundleWorker(programs, file, config, served);
    const settings: ServedSettings = {
      hosts: hostsOf(config, values.MOOR_ISSUER as string, hosts),
      foundings: { perAddress: PER_ADDRESS, perSite },
      loops: loopMarks(parseKeyRing(values.MOOR_STORE_KEYS, "MOOR_STORE_KEYS")),
    };
    goOnWithoutLog();
    const sockets = await openSockets(addresses, (name) => FLAGS[name] as string);
    const runtime = await startRuntime({
      workerd: programs.workerd,
      worker,
      environment: values,
      fromEnvironment: Object.keys(values),
      texts: { MOOR_SERVED: JSON.stringify(settings) },
      bindings: networks.bindings,
      networks: networks.services,
      certificates,
      sockets,
    }).catch((fault: unknown) => {
      // Sockets that are open would keep this process alive.
      for (const socket of Object.values(sockets)) socket.close();
      throw fault;
    });
    const listening = Object.entries(sockets).map(([name, { address }]) => [NAMES[name], shown(address)]);
    return runUntilAskedToEnd(
      runtime,
      { noticeMs, mostMs, probed: probedPools(config) },
      { ...Object.fromEntries(listening), hosts: settings.hosts },
    );
  },
} satisfies Command;

const FLAGS: Readonly<Record<string, string>> = { default: "--listen", health: "--health", admin: "--admin" };
const NAMES: Readonly<Record<string, string>> = { default: "listen", health: "health", admin: "admin" };

function shown({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The exit code. */
async function runUntilAskedToEnd(
  runtime: Runtime,
  { probed, ...times }: { readonly noticeMs: number; readonly mostMs: number; readonly probed: readonly string[] },
  facts: Readonly<Record<string, unknown>>,
): Promise<number> {
  const asked = new Promise<"asked">((resolve) => onceAskedToEnd(() => resolve("asked")));
  const { status, apartMs } = await runtime.control.ask("ready");
  if (status === "clock_apart") {
    await runtime.kill();
    throw new CommandError(
      "start",
      `the clock of the store is ${apartMs} ms ahead of this machine's, accepted: at most 5 s apart; set both clocks by NTP`,
    );
  }
  logEntry({ event: "serving", ...facts, store: status });
  const cron = startLocalCron(async (signal) => {
    await runtime.control.ask("cron", signal).catch((fault: Error) => {
      if (!signal.aborted) logEntry({ event: "cron_failed", reason: fault.message });
    });
  });
  const probing = startProbing(probed, runtime.control);
  const stopWork = () => Promise.all([cron.stop(), probing.stop()]);
  const first = await Promise.race([asked, runtime.ended]);
  if (first !== "asked") {
    await stopWork();
    logEntry({ event: "runtime_ended", code: first });
    return 1;
  }
  const beganAt = Date.now();
  logEntry({ event: "draining", noticeSeconds: times.noticeMs / 1_000 });
  await stopWork();
  const outcome = await runtime.drain(times);
  logEntry({ event: outcome === "drained" ? "drained" : "drain_cut_off", tookMs: Date.now() - beganAt });
  return outcome === "drained" ? 0 : 1;
}

/** The ids of the pools that have an origin to probe. */
function probedPools({ pools }: ResolvedConfig): string[] {
  return pools.filter((pool) => probePlanOf(pool)?.targets.length).map(({ id }) => id);
}

function numberOf(flag: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d{1,7}$/.test(text) && value <= most && (value > 0 || flag === "--drain-notice-seconds")) return value;
  throw new CommandError("usage", `${flag}: found ${describe(text)}, accepted: a whole number up to ${most}`);
}

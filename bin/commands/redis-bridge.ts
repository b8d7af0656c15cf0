import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { type RedisServerAddress, readRedisAddress } from "../../src/redis/tcp-client.ts";
import { describe } from "../../src/settings/mistakes.ts";
import { type Command, CommandError } from "../command.ts";
import { readFlags } from "../flags.ts";
import { goOnWithoutLog } from "../lost-log.ts";
import { createBackend, loadNodeRedis, type Node, type RedisBehind } from "../redis-bridge/backend.ts";
import { startBridge } from "../redis-bridge/server.ts";
import { onceAskedToEnd } from "../signals.ts";

const DEFAULT_LISTEN = "127.0.0.1:8079";
const REDIS = "MOOR_REDIS_URL";
const TOKENS = "MOOR_BRIDGE_TOKENS";
const METRICS_TOKEN = "MOOR_BRIDGE_METRICS_TOKEN";
/** A record with 1 MiB of attributes, the view before its rotation, and the overhead of sealing. */
const DEFAULT_BODY_BYTES = 4_194_304;
const DEFAULT_CONCURRENT = 256;
const DEFAULT_DEADLINE_MS = 900;
/** Shorter than systemd waits before it kills. */
const DRAIN_MS = 10_000;

/** `moor redis-bridge`: serves a private Redis to Moor. */
export const redisBridge: Command = {
  summary: "serves a private Redis to Moor, over the REST protocol",
  usage: `moor redis-bridge [--listen HOST:PORT] [--cert FILE --key FILE] [--tokens FILE] [--cluster | --sentinel NAME]
                  [--node HOST:PORT]... [--max-body-bytes N] [--max-concurrent N] [--deadline-ms N]

Serves a Redis that only this network reaches to Moor, until SIGTERM or Ctrl-C. Prints "ready URL" when it listens. Moor takes it
for Upstash: UPSTASH_REDIS_REST_URL is the address of the tunnel that leads to it, UPSTASH_REDIS_REST_TOKEN one of its tokens.
It runs only commands that Moor sends, on keys that begin with moor:. GET /health is 200, or 503 while Redis is out of reach.
docs/guide/redis-bridge.md has a systemd unit and a Dockerfile. It needs the package @redis/client 6.3.1.

  --listen HOST:PORT   an IP address; default: ${DEFAULT_LISTEN}; port 0: any free port. Other hosts than loopback need TLS
  --cert FILE          the certificate for TLS, with its chain, as PEM
  --key FILE           its key, as PEM
  --tokens FILE        the bearer tokens, a line each, one or two, each with at least 32 characters.
                       Default: ${TOKENS} in the environment, separated by a comma
  --cluster            Redis is a Cluster
  --sentinel NAME      Redis is watched by Sentinels, which know its primary by this name
  --node HOST:PORT     a further node of the Cluster, or a further Sentinel; may be repeated
  --max-body-bytes N   default: ${DEFAULT_BODY_BYTES}; 65536 to 16777216
  --max-concurrent N   how many requests may wait for Redis at a time, others get 503; default: ${DEFAULT_CONCURRENT}; 1 to 10000
  --deadline-ms N      how long Redis may take, then 503; default: ${DEFAULT_DEADLINE_MS}; 50 to 10000. Moor itself waits 1000

The environment has:
  ${REDIS}              redis://user:password@HOST:PORT/DATABASE, rediss:// with TLS. With --cluster HOST is a node, with
                              --sentinel a Sentinel, and user and password are those of Redis itself
  ${METRICS_TOKEN}   the bearer token for GET /metrics (Prometheus). Without it there are no metrics

At SIGTERM it takes no more connections, answers the requests under way for up to ${DRAIN_MS / 1_000} s, and ends with code 0.
Code 2: a flag or the environment is wrong, or the port is taken. Code 1: any other failure.`,

  async run(args) {
    const flags = readFlags(args, {
      listen: { type: "string" },
      cert: { type: "string" },
      key: { type: "string" },
      tokens: { type: "string" },
      cluster: { type: "boolean" },
      sentinel: { type: "string" },
      node: { type: "string", multiple: true },
      "max-body-bytes": { type: "string" },
      "max-concurrent": { type: "string" },
      "deadline-ms": { type: "string" },
    });
    const { host, port } = hostAndPort("--listen", flags.listen ?? DEFAULT_LISTEN);
    if (isIP(host) === 0) throw usage(`--listen: found ${describe(host)}, accepted: an IP address and a port`);
    const tls = await readTls(flags.cert, flags.key);
    if (!tls && !isLoopback(host)) {
      throw usage(
        `--listen: found ${describe(host)} without --cert and --key, accepted: 127.0.0.1 or [::1] without TLS`,
      );
    }
    const redis = readRedis(flags);
    const backend = createBackend(
      await loadNodeRedis(),
      redis,
      wholeNumber("--deadline-ms", flags["deadline-ms"], { least: 50, most: 10_000, usual: DEFAULT_DEADLINE_MS }),
    );
    goOnWithoutLog();
    const ended = new Promise<void>((resolve) => onceAskedToEnd(resolve));
    const bridge = await startBridge({
      host,
      port,
      tls,
      tokens: await readTokens(flags.tokens),
      metricsToken: readMetricsToken(),
      maxBodyBytes: wholeNumber("--max-body-bytes", flags["max-body-bytes"], {
        least: 65_536,
        most: 16_777_216,
        usual: DEFAULT_BODY_BYTES,
      }),
      maxConcurrent: wholeNumber("--max-concurrent", flags["max-concurrent"], {
        least: 1,
        most: 10_000,
        usual: DEFAULT_CONCURRENT,
      }),
      backend,
    });
    console.log(`ready ${bridge.url}`);
    await ended;
    const cut = await bridge.drain(DRAIN_MS);
    console.log(cut === 0 ? "drained" : `drained, and ${cut} requests were cut off`);
    return 0;
  },
};

async function readTls(cert: string | undefined, key: string | undefined) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) throw usage("--cert and --key: one is missing, accepted: both or none");
  return { cert: await contentOf("--cert", cert), key: await contentOf("--key", key) };
}

async function readTokens(file: string | undefined): Promise<string[]> {
  const [place, text] =
    file === undefined ? [TOKENS, process.env[TOKENS] ?? ""] : ["--tokens", await contentOf("--tokens", file)];
  const tokens = text.split(/[\n,]/).flatMap((line) => line.trim() || []);
  const areRight = tokens.every((token) => /^[\x21-\x7e]{32,}$/.test(token));
  if (areRight && (tokens.length === 1 || tokens.length === 2)) return tokens;
  const found = areRight ? `${tokens.length} tokens` : "a token that is short, or is not visible ASCII";
  throw usage(`${place}: found ${found}, accepted: one or two with at least 32 characters, as of openssl rand -hex 32`);
}

function readMetricsToken(): string | undefined {
  const token = process.env[METRICS_TOKEN];
  if (!token || /^[\x21-\x7e]{32,}$/.test(token)) return token || undefined;
  throw usage(`${METRICS_TOKEN}: found another form, accepted: at least 32 characters, as of openssl rand -hex 32`);
}

interface RedisFlags {
  readonly cluster?: boolean | undefined;
  readonly sentinel?: string | undefined;
  readonly node?: readonly string[] | undefined;
}

function readRedis({ cluster, sentinel, node = [] }: RedisFlags): RedisBehind {
  if (cluster && sentinel !== undefined) throw usage("either --cluster or --sentinel, not both");
  const kind = cluster ? "cluster" : sentinel === undefined ? "single" : "sentinel";
  if (kind === "single" && node.length > 0) throw usage("--node needs --cluster or --sentinel");
  const text = process.env[REDIS];
  const address: RedisServerAddress | undefined = text === undefined ? undefined : readRedisAddress(text);
  if (!address) {
    const found = text === undefined ? "nothing" : "no address of Redis";
    throw usage(`${REDIS}: found ${found}, accepted: one, as in redis://user:password@10.0.0.5:6379/0`);
  }
  if (kind === "cluster" && address.database !== 0) {
    throw usage(`${REDIS}: found database ${address.database}, accepted: database 0, because a Cluster has no other`);
  }
  const further = node.map((one) => hostAndPort("--node", one));
  return {
    address,
    kind,
    nodes: [{ host: address.hostname, port: address.port }, ...further],
    primaryName: sentinel ?? "",
  };
}

function hostAndPort(flag: string, text: string): Node {
  const url = URL.canParse(`tcp://${text}`) ? new URL(`tcp://${text}`) : undefined;
  if (url && /^[^/@?#]+:\d{1,5}$/.test(text)) {
    return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port) };
  }
  throw usage(`${flag}: found ${describe(text)}, accepted: HOST:PORT`);
}

function isLoopback(host: string): boolean {
  return host === "::1" || host.startsWith("127.");
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  { least, most, usual }: { least: number; most: number; usual: number },
): number {
  if (text === undefined) return usual;
  const number = Number(text);
  if (/^\d{1,8}$/.test(text) && number >= least && number <= most) return number;
  throw usage(`${flag}: found ${describe(text)}, accepted: ${least} to ${most}`);
}

async function contentOf(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw usage(`${flag}: the file ${describe(file)} cannot be read`, { cause });
  }
}

function usage(message: string, options?: ErrorOptions): CommandError {
  return new CommandError("usage", message, options);
}

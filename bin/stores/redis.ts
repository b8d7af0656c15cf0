import { createRedisClient, type RedisClient } from "../../src/redis/client.ts";
import { clockSentence, type Foundings, type StoreSetup } from "./store-setup.ts";

const VARIABLES = ["UPSTASH_REDIS_REST_URL", "UPSTASH_REDIS_REST_TOKEN"];
const DEADLINE_MS = 5_000;

/** Redis over the REST protocol of Upstash. It needs no schema. */
export const redis: StoreSetup = {
  files: {},
  settings: "",
  local: "always",
  steps: [
    ["npx wrangler secret put UPSTASH_REDIS_REST_URL", "the address of a Redis that evicts nothing"],
    ["npx wrangler secret put UPSTASH_REDIS_REST_TOKEN", "its token"],
  ],
  audit: {
    variables: () => VARIABLES,
    async ask({ UPSTASH_REDIS_REST_URL: url = "", UPSTASH_REDIS_REST_TOKEN: token = "" }, _authority, foundings) {
      return redisSentences(createRedisClient({ url, token, deadlineMs: DEADLINE_MS }), { foundings });
    },
  },
};

/**
 * What the settings of a Redis give up, a sentence each.
 *
 * @param of.waitReplicas how many replicas have each change before it is acknowledged. Default 0.
 * @param of.foundings how many sessions may be founded in it. Default: it is not the store of sessions.
 * @param of.shares over how many servers sessions are spread. Default 1.
 */
export async function redisSentences(
  client: RedisClient,
  of: { waitReplicas?: number | undefined; foundings?: Foundings | undefined; shares?: number } = {},
): Promise<string[]> {
  const { waitReplicas = 0, foundings, shares = 1 } = of;
  const [seconds] = (await client.run(["TIME"])) as [string];
  const clock = clockSentence(Number(seconds) * 1_000, Date.now());
  const replication = await replicationOf(client);
  // A replica has no replicas of its own, and no more rows than its primary.
  if (REPLICA.test(replication)) return [...clock, ...(await settingsSentences(client))];
  const replicas = Number(/^connected_slaves:(\d+)/m.exec(replication)?.[1] ?? 0);
  const memory = foundings ? memorySentences(await settingOf(client, "maxmemory"), foundings, shares) : [];
  return [...clock, ...(await settingsSentences(client)), ...memory, ...replicaSentences(replicas, waitReplicas)];
}

const REPLICA = /^role:slave/m;

/** Whether it is a replica, as far as it tells. */
export async function isReplica(client: RedisClient): Promise<boolean> {
  return REPLICA.test(await replicationOf(client));
}

async function replicationOf(client: RedisClient): Promise<string> {
  return String(await client.run(["INFO", "replication"]).catch(() => ""));
}

/** The memory of a row that a stranger founds, with what Redis needs to keep it, in bytes. */
export const ROW_BYTES = 1_500;

/** Whether foundings alone can fill a Redis. The limits of Cloudflare count at each location, so a flood from everywhere may found more. */
function memorySentences(maxmemory: string | undefined, { perMinute, hours }: Foundings, shares: number): string[] {
  if (maxmemory === undefined) return [];
  const rows = perMinute * 60 * hours;
  const bytes = (rows * ROW_BYTES) / shares;
  const flood = `strangers may found ${millions(rows)} sessions in ${hours} h (SITE_FOUNDING_LIMIT, at one location): ${gigabytes(bytes)}`;
  if (maxmemory === "0") {
    return [`maxmemory is 0, so a full machine ends Redis, and ${flood}; set maxmemory, with room for that`];
  }
  if (bytes <= Number(maxmemory)) return [];
  const remedy = "a full Redis refuses every change; raise maxmemory, or lower that limit or newSessionHours";
  return [`maxmemory is ${gigabytes(Number(maxmemory))}, and ${flood}; ${remedy}`];
}

const millions = (count: number) => `${(count / 1e6).toFixed(1)} million`;
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

/** A setting by its name, because others hold passwords. `undefined`: it is not told. */
async function settingOf(client: RedisClient, name: string): Promise<string | undefined> {
  const found = await client.run(["CONFIG", "GET", name]).catch(() => undefined);
  return Array.isArray(found) && found[0] === name ? String(found[1]) : undefined;
}

async function settingsSentences(client: RedisClient): Promise<string[]> {
  const [policy, isAppended, fsync] = await Promise.all(
    ["maxmemory-policy", "appendonly", "appendfsync"].map((name) => settingOf(client, name)),
  );
  if (policy === undefined) {
    return ["it does not tell its settings: see in its console that eviction is off and that each write is stored"];
  }
  return [
    ...(policy === "noeviction"
      ? []
      : [
          `maxmemory-policy is ${policy}: a full Redis logs visitors out, and forgets that sessions have ended; set noeviction`,
        ]),
    ...(isAppended === "yes"
      ? fsync === "always"
        ? []
        : [`appendfsync is ${fsync}: a crash loses acknowledged changes; set always`]
      : ["appendonly is no: a restart loses acknowledged changes; set appendonly yes and appendfsync always"]),
  ];
}

function replicaSentences(replicas: number, waitReplicas: number): string[] {
  if (replicas < waitReplicas) {
    return [`it has ${replicas} replicas, and waitReplicas asks for ${waitReplicas}: every change gets 503`];
  }
  if (replicas === 0 || waitReplicas > 0) return [];
  return [
    `it has ${replicas} replicas, which follow asynchronously: a failover loses acknowledged changes, and can bring ended sessions back`,
  ];
}

import { createRedisClient, type RedisClient } from "../../src/redis/client.ts";
import { clockSentence, type StoreSetup } from "./store-setup.ts";

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
    async ask({ UPSTASH_REDIS_REST_URL: url = "", UPSTASH_REDIS_REST_TOKEN: token = "" }) {
      return redisSentences(createRedisClient({ url, token, deadlineMs: DEADLINE_MS }));
    },
  },
};

/**
 * What the settings of a Redis give up, a sentence each.
 *
 * @param waitReplicas how many replicas have each change before it is acknowledged.
 */
export async function redisSentences(client: RedisClient, waitReplicas = 0): Promise<string[]> {
  const [seconds] = (await client.run(["TIME"])) as [string];
  const clock = clockSentence(Number(seconds) * 1_000, Date.now());
  const replication = await client.run(["INFO", "replication"]).catch(() => "");
  const replicas = Number(/^connected_slaves:(\d+)/m.exec(String(replication))?.[1] ?? 0);
  return [...clock, ...(await settingsSentences(client)), ...replicaSentences(replicas, waitReplicas)];
}

async function settingsSentences(client: RedisClient): Promise<string[]> {
  const asked = await client.run(["CONFIG", "GET", "*"]).catch(() => undefined);
  if (!Array.isArray(asked)) {
    return ["it does not tell its settings: see in its console that eviction is off and that each write is stored"];
  }
  const settings = new Map(asked.flatMap((name, at) => (at % 2 === 0 ? [[String(name), String(asked[at + 1])]] : [])));
  const policy = settings.get("maxmemory-policy");
  const fsync = settings.get("appendfsync");
  return [
    ...(policy === "noeviction"
      ? []
      : [
          `maxmemory-policy is ${policy}: a full Redis logs visitors out, and forgets that sessions have ended; set noeviction`,
        ]),
    ...(settings.get("appendonly") === "yes"
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

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
  // A replica has no replicas of its own, and follows the settings of whoever takes its place.
  if (/^role:slave/m.test(String(replication))) return [...clock, ...(await settingsSentences(client))];
  const replicas = Number(/^connected_slaves:(\d+)/m.exec(String(replication))?.[1] ?? 0);
  return [...clock, ...(await settingsSentences(client)), ...replicaSentences(replicas, waitReplicas)];
}

async function settingsSentences(client: RedisClient): Promise<string[]> {
  // Each by its name, because the others hold passwords.
  const settingOf = async (name: string) => {
    const found = await client.run(["CONFIG", "GET", name]).catch(() => undefined);
    return Array.isArray(found) && found[0] === name ? String(found[1]) : undefined;
  };
  const [policy, isAppended, fsync] = await Promise.all(
    ["maxmemory-policy", "appendonly", "appendfsync"].map(settingOf),
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

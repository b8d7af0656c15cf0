import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { OLD_REDIS, READERS } from "../../src/old-formats/registry.ts";
import { postgresHosts } from "../stores/postgres.ts";
import type { ServedVariable } from "../stores/store-setup.ts";

const KEYS_ADOPT = "the value that npm run moor -- keys adopt prints";

/** The variables that the entries of `adopt` need in `moor serve`, each once. The Worker checks the form of keys when it starts. */
export function adoptVariables({ adopt }: ResolvedConfig): ServedVariable[] {
  const needed = new Map<string, ServedVariable>();
  const need = (name: string, accepted: string, hostsOf: ServedVariable["hostsOf"] = () => []) =>
    needed.set(name, { name, accepted, hostsOf });
  const [redisUrl, redisToken] = OLD_REDIS;
  for (const entry of adopt) {
    need("MOOR_ADOPT_KEY", KEYS_ADOPT);
    if (entry.confirm) {
      need("MOOR_CONFIRM_KEYS", `${KEYS_ADOPT}, which the old application also has`);
      continue;
    }
    const { secret, command } = READERS[entry.from];
    need(secret, `the value that npm run moor -- import ${command} makes`);
    if (entry.store?.type === "connect-redis") {
      need(
        redisUrl,
        "https://host, or http://host:port of moor redis-bridge: the old Redis over the REST protocol of Upstash",
        restHosts,
      );
      need(redisToken, "the token of that Redis");
    }
    if (entry.store?.type === "connect-pg-simple")
      need("MOOR_OLD_POSTGRES", "postgres://user:password@host:5432/database of the old application", postgresHosts);
  }
  return [...needed.values()];
}

function restHosts(text: string): readonly string[] | undefined {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? [new URL(text).hostname] : undefined;
}

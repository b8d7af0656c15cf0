import type { ResolvedConfig } from "../../src/config/resolved.ts";
import { OLD_REDIS } from "../../src/old-formats/registry.ts";
import { neededSecrets } from "../adopt-secrets.ts";
import { postgresHosts } from "../stores/postgres.ts";
import type { ServedVariable } from "../stores/store-setup.ts";

const [REDIS_URL, REDIS_TOKEN] = OLD_REDIS;
/** The variables that lead to the store of an old application. */
const OF_STORES: readonly ServedVariable[] = [
  {
    name: REDIS_URL,
    accepted: "https://host, or http://host:port of moor redis-bridge: the old Redis over the REST protocol of Upstash",
    hostsOf: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? [new URL(text).hostname] : undefined),
  },
  { name: REDIS_TOKEN, accepted: "the token of the old Redis", hostsOf: () => [] },
];
const OLD_POSTGRES: ServedVariable = {
  name: "MOOR_OLD_POSTGRES",
  accepted: "postgres://user:password@host:5432/database of the old application",
  hostsOf: postgresHosts,
};

/** The variables that the entries of `adopt` need in `moor serve`, each once. The Worker checks the form of keys when it starts. */
export function adoptVariables(config: ResolvedConfig): ServedVariable[] {
  const secrets = Array.from(neededSecrets(config), ([name, command]): ServedVariable => {
    const ofStore = OF_STORES.find((variable) => variable.name === name);
    return ofStore ?? { name, accepted: `a value that "${command}" prints`, hostsOf: () => [] };
  });
  // On Cloudflare it may be a Hyperdrive, which is no secret.
  const isPostgres = config.adopt.some((entry) => !entry.confirm && entry.store?.type === "connect-pg-simple");
  return isPostgres ? [...secrets, OLD_POSTGRES] : secrets;
}

import { readConfig } from "../../src/config/read.ts";
import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { AuthorityConfig, MoorConfig } from "../../src/config/types.ts";
import { formatMistakes } from "../../src/settings/mistakes.ts";
import { CommandError } from "../command.ts";
import { STORE_SETUPS, setupFor, storesWith } from "./registry.ts";
import type { LocalStore, StoreSetup, StoreType } from "./store-setup.ts";

const RUNS = { can: ({ local }: StoreSetup) => local !== undefined, work: "run" };

/** The stores that `moor dev --store` takes: those that it can run. */
export const DEV_STORES = storesWith(RUNS.can);

/** The store that the flag names. */
export function devStoreOf(text: string | undefined): StoreType | undefined {
  return text === undefined ? undefined : setupFor("--store", text, RUNS).type;
}

/**
 * The configuration with another authority. There is neither a backup nor a journal then.
 *
 * @throws CommandError of code `config`, if the rest of the configuration needs more than the store can keep.
 */
export function withStore(
  config: MoorConfig | ResolvedConfig,
  store: StoreType | undefined,
): MoorConfig | ResolvedConfig {
  if (!store) return config;
  const { replicate = "travel" } = config.stores ?? {};
  const stores = STORE_SETUPS[store]?.stores ?? { authority: { type: store } as AuthorityConfig, replicate };
  const given = { ...config, stores } as MoorConfig | ResolvedConfig;
  const read = readConfig(given);
  if (read.kind === "invalid") {
    const lines = formatMistakes(read.mistakes).split("\n");
    throw new CommandError("config", lines.map((line) => `--store ${store}: ${line}`).join("\n"));
  }
  return given;
}

/**
 * Runs the store of a configuration, if it is one that can be run here. With the variables of the store in the environment, that store is
 * used instead. Resolves to undefined if nothing had to be started.
 *
 * @throws CommandError of code `usage`, if the command cannot run the store, or `start`, if the store does not start.
 */
export async function startDevStore(
  config: MoorConfig | ResolvedConfig,
  environment: Readonly<Record<string, string | undefined>>,
  folder: string | undefined,
): Promise<LocalStore | undefined> {
  const authority = config.stores?.authority ?? { type: "object" };
  if (authority.type === "object") return undefined;
  const { local, audit } = setupFor("stores.authority", authority.type, RUNS).setup;
  if (local === "always" || !local) return undefined;
  const names = audit?.variables(authority) ?? [];
  const given = names.map((name) => [name, environment[name] ?? ""] as const);
  if (given.length === 0 || given.some(([, value]) => value === "")) return local.start(folder);
  return { variables: Object.fromEntries(given), address: `as ${names.join(" and ")} says`, stop: async () => {} };
}

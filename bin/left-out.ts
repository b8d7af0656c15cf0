import { algorithmOf } from "../src/affinity/algorithms.ts";
import type { ResolvedAdoption } from "../src/config/adopt.ts";
import { LOG_DEFAULTS } from "../src/config/defaults.ts";
import type { ResolvedConfig, ResolvedLogin } from "../src/config/resolved.ts";
import { NAMES } from "../src/lib/build-flags.ts";
import type { OldStoreConfig } from "../src/old-formats/settings.ts";
import { buildFlagOf, ROW_STORES } from "../src/row-stores/registry.ts";
import type { Mistake } from "../src/settings/mistakes.ts";
import { readSettings } from "./wrangler.ts";

/**
 * The parts of a Worker that a configuration may not need, by their constants. Each function returns the path of the setting that
 * uses the part; `undefined` if the configuration does not use it.
 */
const PARTS: Readonly<Record<string, (config: ResolvedConfig) => string | undefined>> = {
  MOOR_OPERATORS: ({ admin, pools }) =>
    admin ? "admin" : pathIn(pools, "pools", "healthCheck", ({ healthCheck }) => healthCheck !== undefined),
  MOOR_REDIS_TCP: ({ stores }) => (stores.fallback === "redis-tcp" ? "stores.fallback" : undefined),
  MOOR_ROWS: ({ stores: { authority } }) =>
    Object.hasOwn(ROW_STORES, authority.type) ? "stores.authority" : undefined,
  MOOR_COOKIE_SESSIONS: ({ stores }) => (stores.authority.type === "cookie" ? "stores.authority" : undefined),
  MOOR_ADOPTION: ({ adopt }) => (adopt.length === 0 ? undefined : "adopt"),
  MOOR_READERS: ({ adopt }) => pathIn(adopt, "adopt", "from", ({ confirm }) => confirm === undefined),
  MOOR_REDIS_READER: ({ adopt }) => pathIn(adopt, "adopt", "store", readsFrom("connect-redis")),
  MOOR_POSTGRES_READER: ({ adopt }) => pathIn(adopt, "adopt", "store", readsFrom("connect-pg-simple")),
  MOOR_LINKS: ({ carriers }) => {
    const index = carriers.findIndex(({ type }) => type === "url");
    return index < 0 ? undefined : `carriers[${index}]`;
  },
  MOOR_NGINX: ({ pools }) =>
    pathIn(pools, "pools", "affinity", ({ affinity }) => algorithmOf(affinity.algorithm) === undefined),
  MOOR_FORMER_BALANCER: ({ pools }) =>
    pathIn(pools, "pools", "formerBalancer", ({ formerBalancer }) => formerBalancer !== undefined),
  MOOR_LOGIN: ({ login, logins }) => (login ? "login" : logins && "logins"),
  MOOR_LOGINS: ({ logins }) => logins && "logins",
  MOOR_CLIENT_FIELDS: ({ log }) => {
    const name = (["address", "country", "userAgent", "trace"] as const).find(
      (field) => log[field] !== LOG_DEFAULTS[field],
    );
    return name && `log.${name}`;
  },
  MOOR_TRACES: ({ traces }) => traces && "traces",
  MOOR_BACKCHANNEL: loginWith("backchannel", ({ backchannel }) => backchannel),
  MOOR_REFRESH: loginWith("refreshSeconds", ({ refreshSeconds }) => refreshSeconds !== undefined),
  MOOR_CONSOLE: ({ admin }) => (admin?.console ? "admin.console" : undefined),
  ...Object.fromEntries(
    Object.keys(ROW_STORES).map((type) => [
      buildFlagOf(type),
      ({ stores }: ResolvedConfig) => (stores.authority.type === type ? "stores.authority" : undefined),
    ]),
  ),
};

/** The parts that a build may leave out, as messages call them. */
export const PART_NAMES: Readonly<Record<string, string>> = {
  ...NAMES,
  ...Object.fromEntries(Object.entries(ROW_STORES).map(([type, { title }]) => [buildFlagOf(type), title])),
};

/** The parts that a configuration does not use, by their constants. */
export function unusedParts(config: ResolvedConfig): string[] {
  return Object.keys(PARTS).filter((part) => PARTS[part]?.(config) === undefined);
}

/** The parts that a configuration uses, by their constants. */
export function usedParts(config: ResolvedConfig): string[] {
  return Object.keys(PARTS).filter((part) => PARTS[part]?.(config) !== undefined);
}

/** The mistakes if the configuration uses a part that `wrangler.toml` leaves out. Such a Worker would not start. */
export async function leftOutMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  const used = Object.entries(PARTS).flatMap(([part, userIn]) => {
    const path = userIn(config);
    return path === undefined ? [] : [{ part, path }];
  });
  if (used.length === 0) return [];
  const { define } = await readSettings();
  return used
    .filter(({ part }) => define[part] === "false")
    .map(({ part, path }) => {
      const found = `a wrangler.toml whose [define] has ${part} = "false"`;
      return { path, found, accepted: "in a deploy: one without that line" };
    });
}

/**
 * The flags with which `wrangler deploy` leaves out the parts that the configuration does not use. A part that `wrangler.toml`
 * itself defines stays as defined there. With a configuration in `MOOR_CONFIG`, which takes precedence over the file's, all parts
 * are included.
 *
 * @param given flags of the caller.
 */
export async function leavingOut(config: ResolvedConfig, given: readonly string[]): Promise<string[]> {
  const isOpen = await openConstants(given);
  const left = unusedParts(config).filter(isOpen);
  return left.flatMap((part) => ["--define", `${part}:false`]);
}

/**
 * The flags with which `wrangler deploy` includes the parts that the configuration uses, as it does without them. They spare the Worker the
 * question at each place where such a part begins. `wrangler.toml` and `MOOR_CONFIG` take precedence, as for {@link leavingOut}.
 *
 * @param given flags of the caller.
 */
export async function including(config: ResolvedConfig, given: readonly string[]): Promise<string[]> {
  const isOpen = await openConstants(given);
  return usedParts(config)
    .filter(isOpen)
    .flatMap((part) => ["--define", `${part}:true`]);
}

/**
 * The flags with which `wrangler deploy` leaves out the checks of the configuration. The Worker then takes the configuration with this
 * fingerprint alone. `wrangler.toml` and `MOOR_CONFIG` take precedence, as for {@link leavingOut}.
 *
 * @param given flags of the caller.
 */
export async function asChecked(fingerprint: number, given: readonly string[]): Promise<string[]> {
  const isOpen = await openConstants(given);
  return isOpen("MOOR_CHECKED") ? ["--define", `MOOR_CHECKED:${fingerprint}`] : [];
}

/** Tells whether the configuration of the file decides about a constant, and no other setting does. */
async function openConstants(given: readonly string[]): Promise<(name: string) => boolean> {
  const { define, vars } = await readSettings();
  const isGiven = (name: string) => given.some((flag) => flag.includes(`${name}:`));
  const isReplaced = "MOOR_CONFIG" in vars || isGiven("MOOR_CONFIG");
  return (name) => !isReplaced && !(name in define) && !isGiven(name);
}

/** The path of a setting of a login that uses a part. */
function loginWith(
  name: string,
  uses: (login: ResolvedLogin) => boolean,
): (config: ResolvedConfig) => string | undefined {
  return ({ login, logins = [] }) => (login && uses(login) ? `login.${name}` : pathIn(logins, "logins", name, uses));
}

/** Whether Moor reads the sessions of an old application by itself, in a store of this type. */
function readsFrom(type: OldStoreConfig["type"]): (entry: ResolvedAdoption) => boolean {
  return (entry) => !entry.confirm && entry.store?.type === type;
}

/** The path of a setting of the first item of a list that uses a part. */
function pathIn<Item>(
  items: readonly Item[],
  list: string,
  name: string,
  uses: (item: Item) => boolean,
): string | undefined {
  const index = items.findIndex(uses);
  return index < 0 ? undefined : `${list}[${index}].${name}`;
}

import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { AuthorityConfig } from "../../src/config/types.ts";
import type { Warning } from "../../src/config/warnings.ts";
import { STORE_SETUPS } from "./registry.ts";
import type { Foundings } from "./store-setup.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the store of sessions gives up, as it is set up now, or the fallback of Durable Objects: a warning each. The environment must have
 * the secrets that lead to the store, because secrets of a Worker cannot be read.
 *
 * @param foundingsPerMinute as `SITE_FOUNDING_LIMIT` says. Default: unknown, so nothing is said of memory.
 */
export async function auditWarnings(
  { stores: { authority, fallback }, session }: Pick<ResolvedConfig, "stores" | "session">,
  environment: Environment,
  foundingsPerMinute?: number,
): Promise<Warning[]> {
  if (authority.type !== "object") {
    const hours = session.newSessionHours;
    const foundings = foundingsPerMinute === undefined ? undefined : { perMinute: foundingsPerMinute, hours };
    return warningsOf("stores.authority", authority, environment, foundings);
  }
  const asked = { type: fallback };
  const names = STORE_SETUPS[fallback]?.audit?.variables(asked) ?? [];
  // Nothing says whether a Worker has a fallback at Upstash, except the environment.
  const mayBeAbsent = fallback === "redis" && names.every((name) => !environment[name]);
  return mayBeAbsent ? [] : warningsOf("stores.fallback", asked, environment);
}

async function warningsOf(
  path: string,
  store: Exclude<AuthorityConfig, { type: "object" }>,
  environment: Environment,
  foundings?: Foundings,
): Promise<Warning[]> {
  const setup = STORE_SETUPS[store.type];
  const warn = (text: string): Warning => ({ path, text: `${store.type}: ${text}` });
  if (!setup) return [warn("it was not asked for its settings, because the moor command does not know how to ask it")];
  const { audit } = setup;
  if (!audit) return [];
  const names = audit.variables(store);
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) {
    return [warn(`it was not asked for its settings, because the environment has no ${missing.join(" and no ")}`)];
  }
  const values = Object.fromEntries(names.map((name) => [name, environment[name] ?? ""]));
  try {
    return (await audit.ask(values, store, foundings)).map(warn);
  } catch (fault) {
    return [
      warn(`it could not be asked for its settings: ${fault instanceof Error ? fault.message : "unknown fault"}`),
    ];
  }
}

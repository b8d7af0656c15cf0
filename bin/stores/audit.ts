import type { ResolvedConfig } from "../../src/config/resolved.ts";
import type { Warning } from "../../src/config/warnings.ts";
import { STORE_SETUPS } from "./registry.ts";

const PATH = "stores.authority";

/**
 * What the store of sessions gives up, as it is set up now: a warning each. The environment must have the secrets that lead to the store,
 * because secrets of a Worker cannot be read.
 */
export async function auditWarnings(
  { stores: { authority } }: Pick<ResolvedConfig, "stores">,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Warning[]> {
  if (authority.type === "object") return [];
  const setup = STORE_SETUPS[authority.type];
  const warn = (text: string): Warning => ({ path: PATH, text: `${authority.type}: ${text}` });
  if (!setup) return [warn("it was not asked for its settings, because the moor command does not know how to ask it")];
  const { audit } = setup;
  if (!audit) return [];
  const names = audit.variables(authority);
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) {
    return [warn(`it was not asked for its settings, because the environment has no ${missing.join(" and no ")}`)];
  }
  const values = Object.fromEntries(names.map((name) => [name, environment[name] ?? ""]));
  try {
    return (await audit.ask(values, authority)).map(warn);
  } catch (fault) {
    return [
      warn(`it could not be asked for its settings: ${fault instanceof Error ? fault.message : "unknown fault"}`),
    ];
  }
}

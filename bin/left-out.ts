import type { Mistake } from "../src/config/mistakes.ts";
import { usesOperators } from "../src/config/operators.ts";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import { readSettings } from "./wrangler.ts";

const OPERATORS = "MOOR_OPERATORS";

/** What is wrong if the configuration uses a part that `wrangler.toml` leaves out: the Worker does not start then. */
export async function leftOutMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  if (!usesOperators(config)) return [];
  const { define } = await readSettings();
  if (define[OPERATORS] !== "false") return [];
  const path = config.admin
    ? "admin"
    : `pools[${config.pools.findIndex(({ healthCheck }) => healthCheck)}].healthCheck`;
  const found = `a wrangler.toml whose [define] has ${OPERATORS} = "false"`;
  return [{ path, found, accepted: "in a deploy: one without that line" }];
}

/**
 * The flags by which `wrangler deploy` leaves out what the configuration does not use. What `wrangler.toml` says itself stays, and
 * with a configuration in `MOOR_CONFIG`, which beats the file's, all is in.
 *
 * @param given flags of the caller.
 */
export async function leavingOut(config: ResolvedConfig, given: readonly string[]): Promise<string[]> {
  const { define, vars } = await readSettings();
  const isDecided = OPERATORS in define || given.some((flag) => flag.includes(`${OPERATORS}:`));
  const isOther = "MOOR_CONFIG" in vars || given.some((flag) => flag.includes("MOOR_CONFIG:"));
  return isDecided || isOther || usesOperators(config) ? [] : ["--define", `${OPERATORS}:false`];
}

import { algorithmOf } from "../src/affinity/algorithms.ts";
import type { Mistake } from "../src/config/mistakes.ts";
import type { ResolvedConfig, ResolvedPool } from "../src/config/resolved.ts";
import { readSettings } from "./wrangler.ts";

/** The parts of a Worker that a configuration may have no use for, by their constants: the path of what uses one, if anything does. */
const PARTS: Readonly<Record<string, (config: ResolvedConfig) => string | undefined>> = {
  MOOR_OPERATORS: ({ admin, pools }) =>
    admin ? "admin" : pathIn(pools, "healthCheck", ({ healthCheck }) => healthCheck !== undefined),
  MOOR_NGINX: ({ pools }) => pathIn(pools, "affinity", ({ affinity }) => algorithmOf(affinity.algorithm) === undefined),
};

/** What is wrong if the configuration uses a part that `wrangler.toml` leaves out: the Worker does not start then. */
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
 * The flags by which `wrangler deploy` leaves out what the configuration does not use. What `wrangler.toml` says itself stays, and
 * with a configuration in `MOOR_CONFIG`, which beats the file's, all is in.
 *
 * @param given flags of the caller.
 */
export async function leavingOut(config: ResolvedConfig, given: readonly string[]): Promise<string[]> {
  const { define, vars } = await readSettings();
  const isGiven = (name: string) => given.some((flag) => flag.includes(`${name}:`));
  if ("MOOR_CONFIG" in vars || isGiven("MOOR_CONFIG")) return [];
  return Object.entries(PARTS).flatMap(([part, userIn]) =>
    part in define || isGiven(part) || userIn(config) !== undefined ? [] : ["--define", `${part}:false`],
  );
}

function pathIn(
  pools: readonly ResolvedPool[],
  name: string,
  uses: (pool: ResolvedPool) => boolean,
): string | undefined {
  const index = pools.findIndex(uses);
  return index < 0 ? undefined : `pools[${index}].${name}`;
}

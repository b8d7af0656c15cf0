import type { MoorConfig } from "./types.ts";

/**
 * Gives `moor.config.ts` its type, and returns its argument.
 *
 * It checks nothing at run time. `npm run moor -- check`, `moor dev`, `npm run deploy` and the start of the Worker check the
 * configuration, and list every mistake.
 */
export function defineConfig(config: MoorConfig): MoorConfig {
  return config;
}

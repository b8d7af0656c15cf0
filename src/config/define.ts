import type { MoorConfig } from "./types.ts";

/**
 * Types `moor.config.ts`; returns its argument.
 *
 * It checks nothing at run time: `npm run moor -- check`, `moor dev`, `npm run deploy` and the Worker's start do, and
 * list every mistake.
 */
export function defineConfig(config: MoorConfig): MoorConfig {
  return config;
}

import { fillDefaults } from "./defaults.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { ResolvedConfig } from "./resolved.ts";
import type { CheckedConfig } from "./schema.ts";
import type { MoorConfig } from "./types.ts";

/**
 * Fills in the defaults of a configuration that was checked before the build.
 *
 * @param fingerprint of the configuration that was checked.
 * @throws TypeError if it is another configuration.
 */
export function takeChecked(given: MoorConfig, fingerprint: number): ResolvedConfig {
  if (fingerprintOf(given) === fingerprint) return fillDefaults(given as CheckedConfig);
  throw new TypeError(
    'the configuration is not the one that "moor deploy" has checked, and this build has no checks; run "moor deploy" again, or put ' +
      'MOOR_CHECKED = "undefined" below [define] in wrangler.toml to have them.',
  );
}

import { randomBytes } from "node:crypto";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { MoorConfig } from "../src/config/types.ts";
import type { Mistake } from "../src/settings/mistakes.ts";
import { CommandError } from "./command.ts";
import { readSettings } from "./wrangler.ts";

/** The names of the secrets that a Worker needs if it adopts sessions. */
export const ADOPT_SECRETS = ["MOOR_ADOPT_KEY", "MOOR_CONFIRM_KEYS"] as const;

type AdoptSecrets = Record<(typeof ADOPT_SECRETS)[number], string>;

/** Fresh secrets: a key for ids, which is not a ring, and a ring of one key that the old application also has. */
export function newAdoptSecrets(): AdoptSecrets {
  const random = () => randomBytes(32).toString("base64url");
  return { MOOR_ADOPT_KEY: random(), MOOR_CONFIRM_KEYS: `1:${random()}` };
}

/** Whether the configuration adopts sessions. Without its secrets, such a Worker does not start. */
function needsAdoptSecrets({ adopt }: Pick<ResolvedConfig | MoorConfig, "adopt">): boolean {
  return adopt !== undefined && adopt.length > 0;
}

/** The mistakes if the configuration needs the secrets and wrangler would deploy without them. */
export async function adoptSecretMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  if (!needsAdoptSecrets(config)) return [];
  const { secrets } = await readSettings();
  const missing = ADOPT_SECRETS.filter((name) => !secrets?.required?.includes(name));
  return missing.map((name) => ({
    path: "adopt",
    found: `a wrangler.toml whose [secrets] required lacks "${name}"`,
    accepted:
      'in a deploy: one that has it, and the secret set ("npm run moor -- keys adopt" prints it with the command)',
  }));
}

/**
 * The secrets of a Worker on this machine, as the environment of this command sets them.
 *
 * @throws CommandError of code `config` if the configuration needs them and they are not set.
 */
export function adoptSecretsFor(config: ResolvedConfig | MoorConfig): Record<string, string> {
  const given = ADOPT_SECRETS.flatMap((name) => {
    const text = process.env[name];
    return text ? [[name, text] as const] : [];
  });
  const missing = ADOPT_SECRETS.filter((name) => !given.some(([known]) => known === name));
  if (needsAdoptSecrets(config) && missing.length > 0) {
    const accepted =
      'both, as "npm run moor -- keys adopt" prints them; the old application has the same MOOR_CONFIRM_KEYS';
    throw new CommandError(
      "config",
      `adopt: found no ${missing.join(" and no ")} in the environment, accepted: ${accepted}`,
    );
  }
  return Object.fromEntries(given);
}

import { randomBytes } from "node:crypto";
import type { AdoptConfig } from "../src/config/adopt.ts";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { MoorConfig } from "../src/config/types.ts";
import { OLD_REDIS, READERS } from "../src/old-formats/registry.ts";
import { isReadFormat } from "../src/old-formats/settings.ts";
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

/** The secrets that the entries of `adopt` need, and the command that makes each. */
export function neededSecrets({ adopt = [] }: Pick<ResolvedConfig | MoorConfig, "adopt">): Map<string, string> {
  const keysAdopt = "npm run moor -- keys adopt";
  const needed = new Map<string, string>();
  for (const { from, confirm, store } of adopt as readonly AdoptConfig[]) {
    needed.set("MOOR_ADOPT_KEY", keysAdopt);
    if (confirm) needed.set("MOOR_CONFIRM_KEYS", keysAdopt);
    else if (isReadFormat(from)) {
      const { secret, command } = READERS[from];
      needed.set(secret, `npm run moor -- import ${command}`);
      // A Postgres may be bound as a Hyperdrive, which is no secret.
      if (store?.type === "connect-redis")
        for (const name of OLD_REDIS) needed.set(name, `npx wrangler secret put ${name}`);
    }
  }
  return needed;
}

/** The mistakes if the configuration needs secrets and wrangler would deploy without them. */
export async function adoptSecretMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  const needed = neededSecrets(config);
  if (needed.size === 0) return [];
  const { secrets } = await readSettings();
  const missing = [...needed].filter(([name]) => !secrets?.required?.includes(name));
  return missing.map(([name, command]) => ({
    path: "adopt",
    found: `a wrangler.toml whose [secrets] required lacks "${name}"`,
    accepted: `in a deploy: one that has it, and the secret set, as by "${command}"`,
  }));
}

/**
 * The secrets of a Worker on this machine, as the environment of this command sets them.
 *
 * @throws CommandError of code `config` if the configuration needs secrets and they are not set.
 */
export function adoptSecretsFor(config: ResolvedConfig | MoorConfig): Record<string, string> {
  const needed = neededSecrets(config);
  const given = [...ADOPT_SECRETS, ...needed.keys(), "MOOR_OLD_POSTGRES"].flatMap((name) => {
    const text = process.env[name];
    return text ? [[name, text] as const] : [];
  });
  const missing = [...needed].filter(([name]) => !given.some(([known]) => known === name));
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(" and no ");
    const commands = [...new Set(missing.map(([, command]) => `"${command}"`))].join(" and ");
    const accepted = `all of them, as by ${commands}; an old application that is asked has the same MOOR_CONFIRM_KEYS`;
    throw new CommandError("config", `adopt: found no ${names} in the environment, accepted: ${accepted}`);
  }
  return Object.fromEntries(given);
}

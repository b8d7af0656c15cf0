import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { MoorConfig } from "../src/config/types.ts";
import type { Mistake } from "../src/settings/mistakes.ts";
import { readSettings } from "./wrangler.ts";

/** The name of the secret that operators send, if Cloudflare Access does not identify them. */
export const ADMIN_TOKEN = "MOOR_ADMIN_TOKEN";

/** Whether no operator could be let in without the secret. Without it, such a Worker does not start. */
export function needsAdminToken({ admin }: Pick<ResolvedConfig | MoorConfig, "admin">): boolean {
  return admin !== undefined && admin.access === undefined;
}

/** The mistake if the configuration needs the secret and wrangler would deploy without it. */
export async function adminSecretMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  if (!needsAdminToken(config)) return [];
  const { secrets } = await readSettings();
  if (secrets?.required?.includes(ADMIN_TOKEN)) return [];
  return [
    {
      path: "admin",
      found: `a wrangler.toml whose [secrets] required lacks "${ADMIN_TOKEN}"`,
      accepted: `in a deploy: one that has it, and the secret set ("openssl rand -hex 32 | npx wrangler secret put ${ADMIN_TOKEN}"), or admin.access`,
    },
  ];
}

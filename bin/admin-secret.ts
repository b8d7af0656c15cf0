import type { Mistake } from "../src/config/mistakes.ts";
import type { ResolvedConfig } from "../src/config/resolved.ts";
import type { MoorConfig } from "../src/config/types.ts";
import { readSettings } from "./wrangler.ts";

/** What admins send, if Cloudflare Access does not tell who they are. */
export const ADMIN_TOKEN = "MOOR_ADMIN_TOKEN";

/** Whether nobody could be an admin without the secret: the Worker does not start then. */
export function needsAdminToken({ admin }: Pick<ResolvedConfig | MoorConfig, "admin">): boolean {
  return admin !== undefined && admin.access === undefined;
}

/** What is wrong if the configuration needs the secret and wrangler would deploy without it. */
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

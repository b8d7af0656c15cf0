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

/** The name of the secret that signs the calls of the webhook. */
export const WEBHOOK_SECRET = "MOOR_WEBHOOK_SECRET";

/** The mistakes if the configuration needs the secrets of operators and wrangler would deploy without them. */
export async function adminSecretMistakes(config: ResolvedConfig): Promise<Mistake[]> {
  const { secrets } = await readSettings();
  const lacks = (name: string) => !secrets?.required?.includes(name);
  const found = (name: string) => `a wrangler.toml whose [secrets] required lacks "${name}"`;
  const mistakes: Mistake[] = [];
  if (needsAdminToken(config) && lacks(ADMIN_TOKEN)) {
    const accepted = `in a deploy: one that has it, and the secret set ("openssl rand -hex 32 | npx wrangler secret put ${ADMIN_TOKEN}"), or admin.access`;
    mistakes.push({ path: "admin", found: found(ADMIN_TOKEN), accepted });
  }
  if (config.admin?.webhook && lacks(WEBHOOK_SECRET)) {
    const accepted = `in a deploy: one that has it, and the secret set ("echo whsec_$(openssl rand -base64 32) | npx wrangler secret put ${WEBHOOK_SECRET}")`;
    mistakes.push({ path: "admin.webhook", found: found(WEBHOOK_SECRET), accepted });
  }
  return mistakes;
}

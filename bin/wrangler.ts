import { inProject } from "./project.ts";

/**
 * Switches off what wrangler does on its own beside its work: telemetry, the look for a newer version (part of its banner),
 * the download of a sample `request.cf`, pages at the Worker's own port that show and change what it has stored, and a record
 * of its requests on disk. To be called before wrangler is imported or started; what the user has set stays.
 */
export function quietWrangler(): void {
  process.env.WRANGLER_SEND_METRICS ??= "false";
  process.env.WRANGLER_HIDE_BANNER ??= "true";
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= "false";
  process.env.X_LOCAL_EXPLORER ??= "false";
  process.env.X_LOCAL_OBSERVABILITY ??= "false";
}

/** The project's `wrangler.toml`, as wrangler reads it. */
export async function readSettings() {
  quietWrangler();
  const { unstable_readConfig: readWranglerConfig } = await import("wrangler");
  return readWranglerConfig({ config: inProject("wrangler.toml") });
}

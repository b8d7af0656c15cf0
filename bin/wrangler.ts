import { inProject } from "./project.ts";

/**
 * Switches off the extras of wrangler. Call it before wrangler is imported or started. Settings of the user stay. The extras are:
 *
 * - telemetry
 * - the look for a newer version (part of its banner)
 * - the download of a sample `request.cf`
 * - pages at the Worker's own port that show and change its stored data
 * - a record of its requests on disk
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

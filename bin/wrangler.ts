import { CommandError } from "./command.ts";
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

/**
 * Loads wrangler. A project that only checks or imports a configuration does without it.
 *
 * @throws CommandError of code `missing`.
 */
export async function loadWrangler(): Promise<typeof import("wrangler")> {
  quietWrangler();
  try {
    return await import("wrangler");
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message: string };
    if (code !== "ERR_MODULE_NOT_FOUND" || !message.includes("'wrangler'")) throw cause;
    throw new CommandError("missing", "wrangler is not installed here; run: npm install --save-dev wrangler", {
      cause,
    });
  }
}

/**
 * The project's `wrangler.toml`, as wrangler reads it.
 *
 * @throws CommandError of code `missing`: wrangler is not installed.
 */
export async function readSettings() {
  const { unstable_readConfig: readWranglerConfig } = await loadWrangler();
  return readWranglerConfig({ config: inProject("wrangler.toml") });
}
